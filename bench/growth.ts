export interface Growth {
  foldMs: number;
}
export async function measureGrowth(): Promise<Growth | null> {
  return null;
}
