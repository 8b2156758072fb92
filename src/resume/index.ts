export { cancelRun, followUpRun, type Sent, steerRun } from "./control.ts";
export {
  busy,
  leaseConversation,
  type Opened,
  openConversation,
  type Past,
  pastOf,
  waitForConversation,
} from "./conversation.ts";
export {
  type ApprovalTarget,
  approvalsIn,
  checkAnswer,
  type Decided,
  decideOn,
  type OpenApproval,
  openApprovals,
  resolveApproval,
} from "./decide.ts";
export { changed, changesBetween, fingerprintOf } from "./fingerprint.ts";
export { followFrom } from "./follow.ts";
export { createHold, LEASE_MS, type StoreHold } from "./hold.ts";
export { type ReadRecord, readOn, readRun } from "./taken.ts";
