/** What xAI runs by itself (xai-wire 2.3), named as the framework's events name it. */
export type SimServerKind =
  | "web_search"
  | "x_search"
  | "code_execution"
  | "collections_search"
  | "mcp"
  | "image_generation";

/** A call of a server tool that the simulated model makes and the simulated server carries out. */
export interface SimServerCall {
  readonly kind: SimServerKind;
  /**
   * The sub-tool. Defaults: `search` (web; also `open_page`, `find_in_page` and their older names), `x_keyword_search`,
   * and for `mcp` the name of the tool.
   */
  readonly action?: string;
  /** What is asked: an object, or text that is sent as it is. Web: `query`, `url`, `pattern`; code: `code`. Default {}. */
  readonly input?: string | Readonly<Record<string, unknown>>;
  /**
   * Addresses found. Web search discloses them when asked to (`include`); what X search found is only counted, as posts
   * or, for addresses without `/status/`, profiles.
   */
  readonly sources?: readonly string[];
  /** What came of it: logs of code, text of an MCP tool, results of a collection, base64 of an image. */
  readonly output?: unknown;
  /** It failed: it is counted as an attempt and not billed. A text is the error where the wire has room for one (MCP). */
  readonly failed?: boolean | string;
  /** The server's words for its progress, instead of those usual for the kind; `[]` is none. */
  readonly phases?: readonly string[];
  /** How many of the following server calls open and close before this one closes; `true` is all of them. */
  readonly interleave?: number | true;
  /** The item of 2025: complete when it is added, no events of its own. Web, X and code only. */
  readonly oldShape?: boolean;
  /** The item carries its output encrypted, if `include` asks for encrypted content. The field's place is a guess. */
  readonly encrypted?: boolean;
  /** The label of the MCP server. Default: the first one declared, else `sim`. */
  readonly server?: string;
  /** Default: made from the answer's id and the call's number. */
  readonly id?: string;
}

/** An output item of any type, sent as it is: one that nobody knows yet, or that the other kinds cannot say. */
export interface SimRawCall {
  readonly kind: "item";
  readonly item: Readonly<Record<string, unknown>> & { readonly type: string };
  /** As it looks when it is added. Default: as `item`. */
  readonly added?: Readonly<Record<string, unknown>>;
  /** Events between: `output_index` and `item_id` are added. */
  readonly events?: readonly (Readonly<Record<string, unknown>> & { readonly type: string })[];
  readonly interleave?: number | true;
}

/** A source that the text rests on. */
export interface SimCitation {
  readonly url: string;
  /** Default: the number it is shown by, as on xAI. `null`: none, nor a place, as in 2025. */
  readonly title?: string | null;
  /**
   * The part of the text that the annotation stands at. Default `[[N]](url)`, where N counts addresses from 1; such a
   * marker is taken out of the text when the request says `no_inline_citations`, and the annotation then stands at the
   * sentence before it. Where the text does not hold the marker, the annotation has no place.
   */
  readonly marker?: string;
  /** A place given by hand, true or not: positions in UTF-16 units, `end` exclusive. */
  readonly start?: number;
  readonly end?: number;
}
