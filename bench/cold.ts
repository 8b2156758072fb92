export interface ColdStart {
  name: string;
}
export async function measureColdStarts(): Promise<readonly ColdStart[]> {
  return [];
}
