/**
 * What becomes of a JSON Schema keyword: `send` as it is; `drop` because it constrains nothing; `weaken`, moved into the
 * description and enforced here; `open`, weakened and the object made to take names that the schema does not list, since
 * the server would forbid them; `refuse`.
 */
export type KeywordRule = "send" | "drop" | "weaken" | "open" | "refuse";

/** What a server takes of JSON Schema, as data. A keyword that is not listed is an annotation and is dropped. */
export interface SchemaProfile {
  readonly name: string;
  /** The day the facts were read, `YYYY-MM-DD`. */
  readonly asOf: string;
  readonly source: string;
  readonly keywords: Readonly<Record<string, KeywordRule>>;
  /** Largest value the server takes for a keyword; a larger one is weakened. */
  readonly ceilings: Readonly<Record<string, number>>;
  /** Properties of one object. */
  readonly maxProperties: number;
  /** Subschemas under one `allOf`. */
  readonly maxAllOf: number;
  /** Levels of nesting, a limit of ours. */
  readonly maxDepth: number;
  /** Subschemas in all, references followed: a limit of ours. */
  readonly maxNodes: number;
}

/**
 * xAI as of 2026-11-20: JSON Schema 2020-12 with `additionalProperties` false unless stated, references that do not
 * circle, `allOf` of one, strings up to 2,048, lists up to 256, 64 properties; 400 on an empty `enum` or `anyOf`,
 * boolean property schemas, `minContains`, `maxContains` and `items` as a list. `multipleOf`, `uniqueItems` and
 * lookaround in patterns were rejected in a third party's test of 2026-10-03. What no source names is not sent.
 * @see xAI docs, developers/model-capabilities/text/structured-outputs; vercel/ai 85735d8; opencodex#122; bb#1613
 */
export const xaiSchemaProfile: SchemaProfile = {
  name: "xai",
  asOf: "2026-11-20",
  source: "docs.x.ai developers/model-capabilities/text/structured-outputs, as quoted by third parties",
  keywords: {
    type: "send",
    properties: "send",
    required: "send",
    additionalProperties: "send",
    items: "send",
    prefixItems: "send",
    anyOf: "send",
    oneOf: "send",
    allOf: "send",
    $ref: "send",
    enum: "send",
    const: "send",
    format: "send",
    pattern: "send",
    minLength: "send",
    maxLength: "send",
    minItems: "send",
    maxItems: "send",
    minimum: "send",
    maximum: "send",
    exclusiveMinimum: "send",
    exclusiveMaximum: "send",
    description: "send",
    title: "send",
    default: "send",
    multipleOf: "weaken",
    uniqueItems: "weaken",
    contains: "weaken",
    minContains: "weaken",
    maxContains: "weaken",
    minProperties: "weaken",
    maxProperties: "weaken",
    propertyNames: "weaken",
    dependentRequired: "weaken",
    not: "weaken",
    unevaluatedItems: "weaken",
    contentEncoding: "weaken",
    examples: "weaken",
    patternProperties: "open",
    unevaluatedProperties: "open",
    dependentSchemas: "open",
    dependencies: "open",
    if: "open",
    // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
    then: "open",
    else: "open",
    $dynamicRef: "refuse",
    $recursiveRef: "refuse",
  },
  ceilings: { minLength: 2048, maxLength: 2048, minItems: 256, maxItems: 256 },
  maxProperties: 64,
  maxAllOf: 1,
  maxDepth: 64,
  maxNodes: 10_000,
};
