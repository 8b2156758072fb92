/** What a command prints, and the exit code of the program. */
export interface Printed {
  text: string;
  code: number;
}
