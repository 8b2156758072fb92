import { AgentError } from "../errors.ts";
import { describeConstraints, hasLookaround, isIdle } from "./constraint.ts";
import { problemOf, type SchemaRefusal } from "./malformed.ts";
import { definitionName, isDefinition, resolvePointer } from "./pointer.ts";
import type { KeywordRule, SchemaProfile } from "./profile.ts";
import type { JsonSchema } from "./tool.ts";

/** What the gate decided, and the schema to send. */
export type GateVerdict =
  | { verdict: "send"; schema: JsonSchema }
  /** `weakened` says, a line each, what moved from which place into a description. */
  | { verdict: "weakened"; schema: JsonSchema; weakened: readonly string[] }
  | { verdict: "refuse"; refusals: readonly SchemaRefusal[] };

interface Walk {
  readonly profile: SchemaProfile;
  readonly root: JsonSchema;
  readonly weakened: string[];
  readonly refusals: SchemaRefusal[];
  /** References and nodes being followed right now: meeting one again is a circle. */
  readonly open: Set<unknown>;
  /** Definitions in use, by their reference, each with the name it is sent under. */
  readonly defs: Map<string, Definition>;
  nodes: number;
}

type Draft = Record<string, unknown>;

interface Definition {
  name: string;
  schema: Draft;
}

/** Where a node stands: the place in the arguments, and how deep. */
interface Place {
  path: string;
  depth: number;
}

/**
 * Holds a tool's input schema against what a server takes. Pure: the schema is not changed; nothing that is JSON makes it throw.
 * References to `$defs` stay, others are written out; draft-07 tuples become `prefixItems`; `$schema`, annotations and
 * `additionalProperties: false` (the server's default) are left out; `default` stays.
 * @param base What references point into. Default: the schema itself.
 */
export function gateSchema(schema: JsonSchema, profile: SchemaProfile, base: JsonSchema = schema): GateVerdict {
  const walk: Walk = {
    profile,
    root: base,
    weakened: [],
    refusals: [],
    open: new Set(["#"]),
    defs: new Map(),
    nodes: 0,
  };
  const sent = gateNode(inlineRoot(schema, walk), { path: "input", depth: 0 }, walk);
  if (walk.refusals.length > 0) return { verdict: "refuse", refusals: walk.refusals };
  if (walk.defs.size > 0)
    sent.$defs = Object.fromEntries([...walk.defs.values()].map(({ name, schema }) => [name, schema]));
  if (walk.weakened.length === 0) return { verdict: "send", schema: sent };
  return { verdict: "weakened", schema: sent, weakened: walk.weakened };
}

/**
 * What the gate let through.
 * @param label What the schema belongs to, such as `Tool get_weather: input`; begins the message.
 * @throws {AgentError} `invalid_schema` naming every place that cannot be sent, and what to write instead.
 */
export function passGate(verdict: GateVerdict, label: string): { schema: JsonSchema; weakened: readonly string[] } {
  if (verdict.verdict === "send") return { schema: verdict.schema, weakened: [] };
  if (verdict.verdict === "weakened") return verdict;
  const refusals = verdict.refusals.map(
    ({ path, reason, fix }) => `${path.replace(/^input\.?/, "") || "the root"}: ${reason}; ${fix}`,
  );
  throw new AgentError("invalid_schema", `${label} cannot be sent to xAI. ${refusals.join(". ")}.`);
}

/** A root that only refers to a definition is that definition: the server wants an object type at the root. */
function inlineRoot(schema: unknown, walk: Walk): unknown {
  let root = schema;
  while (isObject(root) && typeof root.$ref === "string" && root.$ref !== "#" && !walk.open.has(root.$ref)) {
    const { $ref, ...rest } = root;
    const pointed = resolvePointer($ref, walk.root);
    const target = pointed === true ? {} : pointed;
    if (!isObject(target)) break;
    walk.open.add($ref);
    root = { ...target, ...rest };
  }
  return root;
}

function gateNode(node: unknown, place: Place, walk: Walk): Draft {
  const problem = problemOf(node, place.path, place.depth === 0, walk.profile);
  if (problem !== undefined) return refuse(problem, walk);
  if (!isObject(node)) return {}; // `true` takes anything, and so does {}
  walk.nodes++;
  if (place.depth > walk.profile.maxDepth || walk.nodes > walk.profile.maxNodes) return refuseSize(place, walk);
  if (walk.open.has(node)) return refuseCircle(place, walk);
  walk.open.add(node);
  const sent = gateKeywords(node, place, walk);
  walk.open.delete(node);
  return sent;
}

function gateKeywords(original: JsonSchema, place: Place, walk: Walk): Draft {
  const node = modernTuple(original);
  const keywords = Object.entries(node).filter(([keyword, value]) => value !== undefined && !isIdle(keyword, value));
  const isOpened = keywords.some(([keyword, value]) => opens(keyword, value, node, place, walk.profile));
  const sent: Draft = {};
  const unsent: Draft = {};
  for (const [keyword, value] of keywords) {
    const isOverruled = isOpened && keyword === "additionalProperties" && value !== true;
    const rule = isOverruled ? "weaken" : ruleFor(keyword, value, place, walk.profile);
    if (rule === "send") send(sent, keyword, value, place, walk);
    if (rule === "weaken" || rule === "open") unsent[keyword] = copyJson(value, keyword, place, walk);
    if (rule === "refuse") {
      refuse({ path: place.path, reason: `${keyword} is not taken`, fix: "write the schema without it" }, walk);
    }
  }
  if (isOpened) sent.additionalProperties = true;
  describe(sent, unsent, place, walk);
  return sayObject(sent, place);
}

/** Whether names that the schema does not list must be let through, because what is said of them cannot be sent. */
function opens(keyword: string, value: unknown, node: JsonSchema, place: Place, profile: SchemaProfile): boolean {
  if (ruleFor(keyword, value, place, profile) !== "open") return false;
  return keyword === "patternProperties" || node.additionalProperties !== false;
}

function ruleFor(keyword: string, value: unknown, place: Place, profile: SchemaProfile): KeywordRule {
  if (keyword === "$defs" || keyword === "definitions") return "drop"; // those in use come back by their references
  const rule = Object.hasOwn(profile.keywords, keyword) ? profile.keywords[keyword] : undefined;
  if (rule !== "send") return rule ?? "drop";
  // At the root the server wants plain properties; conditions on top of them are checked here.
  if (place.depth === 0 && ["anyOf", "oneOf", "allOf"].includes(keyword)) return "open";
  if (keyword === "allOf" && list(value).length > profile.maxAllOf) return "open";
  if (keyword === "pattern" && hasLookaround(String(value))) return "weaken";
  const ceiling = Object.hasOwn(profile.ceilings, keyword) ? profile.ceilings[keyword] : undefined;
  return ceiling !== undefined && typeof value === "number" && value > ceiling ? "weaken" : "send";
}

function send(sent: Draft, keyword: string, value: unknown, place: Place, walk: Walk): void {
  const inside = (suffix: string): Place => ({ path: place.path + suffix, depth: place.depth + 1 });
  switch (keyword) {
    case "properties":
      sent.properties = gateProperties(value, place, walk);
      return;
    case "items":
      sent.items = gateNode(value, inside("[]"), walk);
      return;
    case "additionalProperties":
      sent.additionalProperties = value === true ? true : gateNode(value, inside("[*]"), walk);
      return;
    case "prefixItems":
      sent.prefixItems = list(value).map((item, n) => gateNode(item, inside(`[${n}]`), walk));
      return;
    case "anyOf":
    case "oneOf":
    case "allOf":
      sent[keyword] = list(value).map((item, n) => gateNode(item, inside(`(${keyword} ${n})`), walk));
      return;
    case "$ref":
      Object.assign(sent, { ...gateReference(String(value), place, walk), ...sent }); // what stands beside it wins
      return;
    default:
      sent[keyword] = copyJson(value, keyword, place, walk);
  }
}

function gateProperties(value: unknown, place: Place, walk: Walk): Draft {
  const entries = Object.entries(isObject(value) ? value : {});
  const gated = entries.map(([name, child]): [string, Draft] => {
    const inside = { path: `${place.path}.${name}`, depth: place.depth + 1 };
    return [name, gateNode(child, inside, walk)];
  });
  return Object.fromEntries(gated); // own properties, whatever their names
}

/** References to definitions stay, each definition being gated once; what others point at is written out in their place. */
function gateReference(ref: string, place: Place, walk: Walk): Draft {
  const known = walk.defs.get(ref);
  if (known !== undefined) return { $ref: `#/$defs/${known.name}` };
  if (walk.open.has(ref)) return refuseCircle(place, walk);
  const target = resolvePointer(ref, walk.root);
  if (target === undefined) {
    const fix = "point it at an entry of $defs in this schema";
    return refuse({ path: place.path, reason: `$ref ${JSON.stringify(ref)} leads nowhere`, fix }, walk);
  }
  walk.open.add(ref);
  const schema = gateNode(target, { path: place.path, depth: place.depth + 1 }, walk);
  walk.open.delete(ref);
  if (!isDefinition(ref)) return schema;
  const name = definitionName(ref, new Set([...walk.defs.values()].map((definition) => definition.name)));
  walk.defs.set(ref, { name, schema });
  return { $ref: `#/$defs/${name}` };
}

/** Moves what is not sent into the description. */
function describe(sent: Draft, unsent: Draft, place: Place, walk: Walk): void {
  const { examples, ...constraints } = unsent; // examples constrain nothing
  for (const keyword of Object.keys(constraints)) walk.weakened.push(`${place.path}: ${keyword}`);
  // A format that is sent says the same as its pattern, and in words a model knows.
  if (typeof sent.format === "string") delete constraints.pattern;
  const notes = describeConstraints(examples === undefined ? constraints : { ...constraints, examples });
  if (notes.length === 0) return;
  const before = typeof sent.description === "string" && sent.description !== "" ? [sent.description] : [];
  sent.description = [...before, ...notes].join(" ");
}

/** Makes an object that names no property mean on the server what it means in JSON Schema. */
function sayObject(sent: Draft, place: Place): Draft {
  if (sent.type !== "object" || sent.properties !== undefined || sent.additionalProperties !== undefined) return sent;
  if (place.depth === 0) return { ...sent, properties: {} };
  const isChoice = ["anyOf", "oneOf", "allOf", "$ref"].some((keyword) => sent[keyword] !== undefined);
  return isChoice ? sent : { ...sent, additionalProperties: true }; // the server's default would leave only {}
}

/** Draft-07 tuples (`items` as a list) in the words of 2020-12, and a closed tuple by its length, without a boolean schema. */
function modernTuple(node: JsonSchema): JsonSchema {
  const tuple = Array.isArray(node.items) ? node.items : node.prefixItems;
  if (!Array.isArray(tuple)) return node;
  const { items, additionalItems, prefixItems, ...rest } = node;
  const tail = Array.isArray(items) ? additionalItems : items;
  if (tuple.length === 0) return tail === undefined ? rest : { ...rest, items: tail };
  if (tail !== false)
    return tail === undefined ? { ...rest, prefixItems: tuple } : { ...rest, prefixItems: tuple, items: tail };
  const maxItems = typeof rest.maxItems === "number" ? Math.min(rest.maxItems, tuple.length) : tuple.length;
  return { ...rest, prefixItems: tuple, maxItems };
}

function copyJson(value: unknown, keyword: string, place: Place, walk: Walk): unknown {
  try {
    return JSON.parse(JSON.stringify(value));
  } catch {
    return refuse({ path: place.path, reason: `${keyword} is not JSON`, fix: "use plain JSON values" }, walk);
  }
}

function refuse(refusal: SchemaRefusal, walk: Walk): Draft {
  walk.refusals.push(refusal);
  return {};
}

function refuseCircle(place: Place, walk: Walk): Draft {
  const fix = "limit the depth (write the levels out), or take that part as a string of JSON";
  return refuse({ path: place.path, reason: "the schema refers to itself", fix }, walk);
}

function refuseSize(place: Place, walk: Walk): Draft {
  if (walk.refusals.length > 0) return {}; // said once
  const { maxDepth, maxNodes } = walk.profile;
  const reason = `the schema is deeper than ${maxDepth} levels or larger than ${maxNodes} parts`;
  return refuse({ path: place.path, reason, fix: "ask for less in one call" }, walk);
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function isObject(value: unknown): value is JsonSchema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
