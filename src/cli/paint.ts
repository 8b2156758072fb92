import { styleText } from "node:util";

/** Makes text stand out where colours are shown, and leaves it as it is elsewhere. */
export interface Paint {
  strong(text: string): string;
  dim(text: string): string;
  good(text: string): string;
  bad(text: string): string;
  note(text: string): string;
}

/** Colours as the stream takes them: none for pipes and files, `NO_COLOR` and `FORCE_COLOR` respected. */
export function createPaint(stream: NodeJS.WriteStream): Paint {
  const styled =
    (format: Parameters<typeof styleText>[0]) =>
    (text: string): string =>
      styleText(format, text, { stream, validateStream: true });
  return {
    strong: styled("bold"),
    dim: styled("dim"),
    good: styled("green"),
    bad: styled("red"),
    note: styled("yellow"),
  };
}
