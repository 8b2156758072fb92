import { pollute } from "./polluted.ts";

// A setup file of the suite where FAIRWITNESS_POLLUTED is 1: everything after it runs in a polluted process.
pollute();
