import { isObject } from "./json.ts";

/** Text that comes in pieces. Joined when it is read, so that a million pieces cost linear time. */
export interface Pieces {
  push(piece: string): void;
  /**
   * Adds a piece of the JSON of an object, unless it is the whole of it once more: an object that follows itself is no JSON, so
   * that its event was sent twice.
   */
  pushObject(piece: string): void;
  /** What came so far; reading again costs only what came since. */
  readText(): string;
  isEmpty(): boolean;
}

export function createPieces(): Pieces {
  let joined = "";
  let pieces: string[] = [];
  let length = 0;
  const push = (piece: string): void => {
    if (piece === "") return;
    pieces.push(piece);
    length += piece.length;
  };
  const readText = (): string => {
    if (pieces.length > 0) joined += pieces.join("");
    pieces = [];
    return joined;
  };
  return {
    isEmpty: () => length === 0,
    push,
    pushObject(piece) {
      // The length first: it settles all but a few, so that pieces are not joined and compared at every one.
      if (piece.length !== length || piece !== readText() || !isWholeObject(piece)) push(piece);
    },
    readText,
  };
}

function isWholeObject(text: string): boolean {
  try {
    return isObject(JSON.parse(text));
  } catch {
    // A piece of JSON is one of the things it may be.
    return false;
  }
}
