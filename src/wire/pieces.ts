/** Text that comes in pieces. Joined when it is read, so that a million pieces cost linear time. */
export interface Pieces {
  push(piece: string): void;
  /** What came so far; reading again costs only what came since. */
  readText(): string;
  readonly isEmpty: boolean;
}

export function createPieces(): Pieces {
  let joined = "";
  let pieces: string[] = [];
  return {
    get isEmpty() {
      return joined === "" && pieces.length === 0;
    },
    push(piece) {
      if (piece !== "") pieces.push(piece);
    },
    readText() {
      if (pieces.length > 0) joined += pieces.join("");
      pieces = [];
      return joined;
    },
  };
}
