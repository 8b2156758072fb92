/** One entry of a conversation. Plain JSON; any order of roles is allowed and goes out unchanged. */
export type Message = SystemMessage | UserMessage | AssistantMessage | ToolMessage;

export interface SystemMessage {
  role: "system";
  content: string;
  name?: string;
}

export interface UserMessage {
  role: "user";
  /** Never empty: xAI refuses a message without content. */
  content: string | readonly ContentPart[];
  name?: string;
}

/** What the model said. */
export interface AssistantMessage {
  role: "assistant";
  /** Visible text; "" when the message only calls tools. */
  content: string;
  /** The reasoning trace exactly as received; sent back unchanged. */
  reasoning?: string;
  /** The model declined, in its own words. */
  refusal?: string;
  toolCalls?: readonly MessageToolCall[];
  /** The wire's own items, to be sent back unchanged to whoever made them. */
  raw?: RawItems;
}

/**
 * Output items of the Responses API, or content blocks of the Messages protocol, as they came: reasoning that only its maker
 * can decrypt or verify, calls of server tools. They go back verbatim and in order, and only over the same protocol to the
 * same provider and model family.
 */
export interface RawItems {
  api: "responses" | "messages";
  provider: string;
  /** Models that can read each other's encrypted items, such as `grok-4`. */
  family: string;
  items: readonly unknown[];
}

/** A tool call as a message carries it. */
export interface MessageToolCall {
  /** Unique in the conversation; pairs the call with its result. */
  id: string;
  /** The registered name of the tool. */
  tool: string;
  /** The arguments as the model wrote them: JSON text, not yet checked. */
  arguments: string;
}

/** A tool result: what the model is told of one call, good or bad. */
export interface ToolMessage {
  role: "tool";
  callId: string;
  tool?: string;
  content: string | readonly ContentPart[];
  /** Text from outside came in with it: whichever run is given the message is tainted by it. */
  untrusted?: true;
}

export type ContentPart = TextPart | ImagePart | FilePart;

export interface TextPart {
  type: "text";
  text: string;
  /** It came from outside: a page, a mail, another model. The model reads it like any text; the run is tainted by it. */
  untrusted?: true;
}

/** An image by address, or one uploaded before: exactly one of `url` and `fileId`. `imagePart` makes one. */
export interface ImagePart {
  type: "image";
  /** `http:` or `https:`, fetched by xAI; or `data:` with base64, at most 20 MiB of JPEG, PNG or WebP. */
  url?: string;
  /** Documented for chat completions; of the Responses API xAI's specification calls it "only included for compatibility". */
  fileId?: string;
  detail?: "auto" | "low" | "high";
  /** As of a text. */
  untrusted?: true;
}

/** A file uploaded before, one at an address, or its bytes: exactly one of `fileId`, `url` and `data`. `filePart` makes one. */
export interface FilePart {
  type: "file";
  fileId?: string;
  url?: string;
  /** Base64, with `filename`; at most 20 MiB. Only the Responses API takes it. */
  data?: string;
  filename?: string;
  /** Such as `application/pdf`. */
  mediaType?: string;
  /** As of a text. */
  untrusted?: true;
}
