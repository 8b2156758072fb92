import * as fs from "node:fs";
import type { FileCalls, LocalStore } from "fairwitness/store";
import type { Said } from "./job.ts";

/** Places of a program at which it can be killed, counted as it comes by. */
export interface Points {
  readonly count: number;
  /** The process does not come back from the one at which it is to be killed. */
  at(name: string): void;
}

export function createPoints(killAt: number | undefined, say: (said: Said) => void): Points {
  let count = 0;
  return {
    get count() {
      return count;
    },
    at(name) {
      count += 1;
      if (count !== killAt) return;
      say({ type: "killed", at: name });
      process.kill(process.pid, "SIGKILL");
    },
  };
}

/** A store that says what is stored the moment it is, with a point before and behind each thing it does. */
export function pointedStore(store: LocalStore, points: Points, say: (said: Said) => void): LocalStore {
  const around = async <T>(name: string, act: () => Promise<T>): Promise<T> => {
    points.at(`before ${name}`);
    const result = await act();
    points.at(`behind ${name}`);
    return result;
  };
  return {
    ...store,
    append(runId, events, options) {
      const what = `append of ${events.map(({ type }) => type).join(", ")}`;
      points.at(`before ${what}`);
      store.append(runId, events, options);
      say({
        type: "stored",
        events: events.map(({ seq, type, epoch }) => ({ seq, type, ...(epoch === undefined ? {} : { epoch }) })),
      });
      points.at(`behind ${what}`);
    },
    async lease(runId, options) {
      const lease = await around("lease", () => store.lease(runId, options));
      return Object.create(lease, { release: { value: () => around("release", () => lease.release()) } });
    },
    inbox: {
      ...store.inbox,
      send: (...letter) => around("a decision", () => store.inbox.send(...letter)),
    },
  };
}

/** The calls by which a file store writes, with a point before each; of a write there is one in its middle. */
export function pointedCalls(points: Points): Partial<FileCalls> {
  return {
    open: (path, flags) => pointed("open", () => fs.openSync(path, flags)),
    write: (fd, bytes) => {
      points.at("before write");
      const half = fs.writeSync(fd, bytes.subarray(0, bytes.length >> 1));
      points.at("within write");
      return half + fs.writeSync(fd, bytes.subarray(half));
    },
    fsync: (fd) => pointed("fsync", () => fs.fsyncSync(fd)),
    ftruncate: (fd, size) => pointed("ftruncate", () => fs.ftruncateSync(fd, size)),
    rename: (from, to) => pointed("rename", () => fs.renameSync(from, to)),
    link: (from, to) => pointed("link", () => fs.linkSync(from, to)),
    unlink: (path) => pointed("unlink", () => fs.unlinkSync(path)),
    copyFile: (from, to) => pointed("copyFile", () => fs.copyFileSync(from, to)),
  };

  function pointed<T>(name: string, act: () => T): T {
    points.at(`before ${name}`);
    const result = act();
    points.at(`behind ${name}`);
    return result;
  }
}
