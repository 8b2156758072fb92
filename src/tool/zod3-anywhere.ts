// What `#zod3` is where there is no `require`: see `imports` in package.json.
import { zodToJsonSchema } from "zod-to-json-schema";

export function zod3Converter(): typeof zodToJsonSchema {
  return zodToJsonSchema;
}
