import { nearestName } from "../tool/index.ts";

/** The word that was probably meant. Two letters the wrong way round are the commonest slip, and too much of a short word for `nearestName`. */
export function nearestWord(word: string, words: readonly string[]): string | undefined {
  const letters = (text: string): string => [...text].toSorted().join("");
  return nearestName(word, words) ?? words.find((candidate) => letters(candidate) === letters(word));
}
