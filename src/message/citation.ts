/** What kind of thing a source is. */
export type SourceType = "web" | "x_post" | "x_user" | "file";

/** Something that was found or cited. The same source has the same `id` everywhere. */
export interface Source {
  /** Made from the source itself, such as `web:https://example.com/a`, `x_post:123`, `file:file_1`. */
  id: string;
  type: SourceType;
  url?: string;
  title?: string;
  fileId?: string;
}

/** Where a citation stands: positions in the message's text, in UTF-16 units as `slice` takes them; `end` is exclusive. */
export interface Span {
  start: number;
  end: number;
}

/** A call that a source came from. `reported`: xAI says so. `inferred`: we conclude it, and say that we do. */
export interface FoundBy {
  callId: string;
  basis: "reported" | "inferred";
}

/** A source the answer rests on, at one place of its text. */
export interface Citation {
  source: Source;
  /** Absent when the server gave no place that is true for the text. */
  span?: Span;
  /** Empty when it is not known which call found it. */
  foundBy: readonly FoundBy[];
}
