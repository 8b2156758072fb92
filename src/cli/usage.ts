/** What the command line takes. */
export const USAGE = `Shows what runs did, from the records they left in .fairwitness/.

Usage: fairwitness runs list
       fairwitness runs show <id>
       fairwitness runs sources <id> [--md]

  list         the runs, the newest first
  show         everything a run did: what was asked, searched, found, cited, and what it cost
  sources      what the answer rests on: each claim, its source, and the call that found it

  <id>         the id of a run, the beginning of one, or "latest"
  --dir <path> where the records are (default .fairwitness)
  --limit <n>  list: how many runs at most (default 20)
  --md         sources: the evidence report as Markdown, with footnotes
  --json       one JSON value a line: runs, stored events, or the evidence
  -h, --help   this text

Exit codes: 0 done, 1 it failed (no such run, an unreadable record), 2 the command was not understood.
Colours: in a terminal only; NO_COLOR and FORCE_COLOR are respected.
`;
