/** What the command line takes. */
export const USAGE = `Shows what runs did, from the records they left in .fairwitness/, and decides on calls that wait.

Usage: fairwitness runs list
       fairwitness runs show <id>
       fairwitness runs sources <id> [--md]
       fairwitness runs diff <id> <id>
       fairwitness runs approvals [<id>]
       fairwitness runs approve <id> <call> [--reason <words>] [--input <json>] [--sticky]
       fairwitness runs deny <id> <call> [--reason <words>]
       fairwitness runs cancel <id> [--reason <words>]
       fairwitness runs steer <id> <words>

  list             the runs, the newest first
  show             everything a run did: what was asked, searched, found, cited, and what it cost
  sources          what the answer rests on: each claim, its source, and the call that found it
  diff             what two runs did differently, turn by turn
  approvals        the calls that wait for a decision, of one run or of all
  approve, deny    decides on a call: the first decision counts, and the run reads it
  cancel           stops a run, whichever process has it
  steer            says something to a run before its next turn

  <id>             the id of a run, the beginning of one, or "latest"
  <call>           the id of a call, or the beginning of one
  --store <path>   the folder of the records, or the file of an SQLite store (default .fairwitness)
  --limit <n>      list: how many runs at most (default 20)
  --md             sources: the evidence report as Markdown, with footnotes
  --json           one JSON value a line: runs, stored events, evidence, differences, calls that wait
  --reason <words> approve, deny: the model is told; cancel: for the record
  --input <json>   approve: run it with these arguments instead
  --sticky         approve: and all further calls of the tool in this run that ask for its own sake
  --by <name>      approve, deny: who says so (default: the login name)
  -h, --help       this text

Exit codes: 0 done, 1 it failed (no such run, an unreadable record, a decision that came too late), 2 the command was not
understood. diff: 0 the runs did the same, 1 they differ, 2 they cannot be compared.
Colours: in a terminal only; NO_COLOR and FORCE_COLOR are respected.
`;
