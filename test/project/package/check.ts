import { rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkBareInstall } from "./bare-install.ts";
import { checkConsumer, installConsumer } from "./consumer.ts";
import { type Manifest, readManifest } from "./manifest.ts";
import { installNode, type NodeProgram, npm } from "./npm.ts";
import { createReport, type Report } from "./report.ts";
import { checkTarball, packProject, type Tarball } from "./tarball.ts";

/** A Node to check on, with the oldest or the newest zod that the package allows. */
interface Lane {
  node: string;
  zod: string;
}

/**
 * Checks the package as people get it, printing one line a check, and leaves nothing behind.
 * @param root The project's folder.
 * @returns whether every check held.
 */
export async function checkPackage(root: string): Promise<boolean> {
  const folder = await mkdtemp(join(tmpdir(), "fairwitness-package-"));
  // At the exit and not in a `finally`: it is also removed when the reader of our output goes away.
  process.once("exit", () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));
  const report = createReport("package");
  await checkAll(root, folder, report);
  return report.finish();
}

async function checkAll(root: string, folder: string, report: Report): Promise<void> {
  const manifest = await readManifest(root);
  const lanes = lanesOf(manifest);
  // The Nodes are large and do not depend on the package: they come in while it is built and packed.
  const nodes = Promise.allSettled(lanes.map(({ node }) => installNode(node, join(folder, `node-${node}`))));
  const tarball = await report.check("the project builds and packs", async () => {
    await npm(["run", "build"], { cwd: root });
    return packProject(root, folder);
  });
  if (tarball !== undefined) await checkTarball(tarball, { manifest, root, report });
  for (const [index, settled] of (await nodes).entries()) {
    const lane = lanes[index];
    if (lane === undefined) continue;
    const node = await report.check(`Node ${lane.node} installs`, async () => {
      if (settled.status === "rejected") throw settled.reason;
      return settled.value;
    });
    if (node !== undefined && tarball !== undefined) {
      await checkLane({ lane, node, tarball, folder: join(folder, `on-${lane.node}`) }, { root, manifest, report });
    }
    if (node !== undefined && lane === lanes.at(-1)) {
      await report.check(`a clone installs on Node ${node.version} without running any script, and its tests run`, () =>
        checkBareInstall({ root, folder: join(folder, "clone"), node }),
      );
    }
  }
}

interface LaneParts {
  lane: Lane;
  node: NodeProgram;
  tarball: Tarball;
  folder: string;
}

async function checkLane(
  { lane, node, tarball, folder }: LaneParts,
  { root, manifest, report }: { root: string; manifest: Manifest; report: Report },
): Promise<void> {
  const where = report.under(`Node ${node.version}, zod ${lane.zod}`);
  const consumer = await where.check("the tarball installs in an empty folder, without running any script", () =>
    installConsumer({ folder, tarball, node, zod: lane.zod, manifest, root }),
  );
  if (consumer !== undefined) await checkConsumer(consumer, where);
}

/** The oldest Node promised with the oldest zod promised, and the newest of both. */
function lanesOf({ engines, peerDependencies }: Manifest): readonly Lane[] {
  const oldest = (range = ""): string => {
    const [major = "", minor = "0", patch = "0"] = range.replace(/^(>=|\^|~)/, "").split(".");
    return `${major}.${minor}.${patch}`;
  };
  return [
    { node: oldest(engines.node), zod: oldest(peerDependencies.zod) },
    { node: "24", zod: "4" },
  ];
}
