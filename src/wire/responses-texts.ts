import { createPieces, type Pieces } from "./pieces.ts";
import { textNameOf } from "./responses-decode.ts";
import type {
  ResponsesAnnotationEvent,
  ResponsesDeltaEvent,
  ResponsesDoneEvent,
  ResponsesPartEvent,
  ResponsesTextName,
} from "./responses-events.ts";
import type { ItemTexts, PartList, TextField } from "./responses-fill.ts";
import type { ResponsesAnnotation } from "./responses-items.ts";

/** The texts of one item while they come. */
export interface StreamedTexts {
  setPart(event: ResponsesPartEvent): void;
  /** Where the pieces of the event's text go. */
  piecesOf(event: ResponsesDeltaEvent): Pieces;
  setText(event: ResponsesDoneEvent): void;
  addAnnotation(event: ResponsesAnnotationEvent): void;
  /** What came so far. */
  read(): ItemTexts;
}

/** A text on its way: what was said of the whole of it counts more than its pieces. */
interface Text {
  pieces: Pieces;
  whole?: string;
}

type Fields = Readonly<Record<string, unknown>>;

interface Part {
  /** As it was said to be, without its text. */
  base: Fields;
  text: Text;
  annotations: Map<number, ResponsesAnnotation>;
}

export function createStreamedTexts(): StreamedTexts {
  const fields = new Map<TextField, Text>();
  const content = new Map<number, Part>();
  const summary = new Map<number, Part>();
  const partAt = (list: PartList, index: number, type: string): Part =>
    getOrAdd(list === "content" ? content : summary, index, () => createPart(type));
  const textAt = (event: ResponsesDeltaEvent | ResponsesDoneEvent): Text => {
    const place = PLACES[textNameOf(event.type)];
    if ("field" in place) return getOrAdd(fields, place.field, createText);
    return partAt(place.list, event.part_index, place.type).text;
  };
  return {
    setPart({ type, part_index, part }) {
      const own = partAt(type.startsWith("response.content_part") ? "content" : "summary", part_index, "");
      own.base = part;
      const text = part.text ?? part.refusal;
      if (type.endsWith(".done") && typeof text === "string") own.text.whole = text;
    },
    piecesOf: (event) => textAt(event).pieces,
    setText(event) {
      textAt(event).whole = event.text;
    },
    addAnnotation({ part_index, annotation_index, annotation }) {
      const { annotations } = partAt("content", part_index, "output_text");
      annotations.set(annotation_index ?? annotations.size, annotation);
    },
    read: () => ({
      fields: [...fields].map(([name, text]) => [name, readText(text)] as const),
      parts: [
        ["content", readParts(content)],
        ["summary", readParts(summary)],
      ],
    }),
  };
}

/** Where a text goes. */
const PLACES: { readonly [Name in ResponsesTextName]: { field: TextField } | { list: PartList; type: string } } = {
  output_text: { list: "content", type: "output_text" },
  refusal: { list: "content", type: "refusal" },
  reasoning_text: { list: "content", type: "reasoning_text" },
  reasoning_summary_text: { list: "summary", type: "summary_text" },
  function_call_arguments: { field: "arguments" },
  mcp_call_arguments: { field: "arguments" },
  custom_tool_call_input: { field: "input" },
  mcp_call_output: { field: "output" },
  code_interpreter_call_code: { field: "code" },
};

function getOrAdd<K, V>(map: Map<K, V>, key: K, create: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = create();
  map.set(key, made);
  return made;
}

function createText(): Text {
  return { pieces: createPieces() };
}

function createPart(type: string): Part {
  return { base: { type }, text: createText(), annotations: new Map() };
}

function readText({ pieces, whole }: Text): string {
  return whole ?? pieces.readText();
}

function readParts(parts: ReadonlyMap<number, Part>): ReadonlyMap<number, Fields> {
  return new Map([...parts].map(([index, part]) => [index, readPart(part)]));
}

function readPart({ base, text, annotations }: Part): Fields {
  const field = base.type === "refusal" ? "refusal" : "text";
  const cited = [...annotations].sort(([a], [b]) => a - b).map(([, annotation]) => annotation);
  return { ...base, [field]: readText(text), ...(cited.length === 0 ? {} : { annotations: cited }) };
}
