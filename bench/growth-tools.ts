/** The source of a program with an agent of so many tools, no two of which have the same input, and a reader that tells them apart. */
export function agentOfTools(count: number): string {
  const numbers = Array.from({ length: count }, (_, index) => index);
  return [
    'import { createAgent, defineTool } from "fairwitness";',
    'import { z } from "zod";',
    ...numbers.map(toolSource),
    "",
    "const agent = createAgent({",
    '  name: "many",',
    '  model: "grok-4.7",',
    `  tools: [${numbers.map((number) => `tool${number}`).join(", ")}],`,
    "});",
    'for await (const event of agent.stream("Go.")) {',
    ...numbers.map(
      (number) =>
        `  if (tool${number}.is(event) && event.type === "tool.input") show(event.call.input.field${number});`,
    ),
    '  if (event.type === "text.delta") show(event.delta);',
    "}",
    'const { text } = await agent.run("Go.");',
    "show(text);",
    "function show(_text: string | undefined): void {}",
    "export {};",
  ].join("\n");
}

/** The same handlers and the same reader, written with `z.input` and `z.output` and without us: what zod's types cost by themselves. */
export function handlersOf(count: number): string {
  const handlers = Array.from({ length: count }, (_, number) => {
    const schema = `const schema${number} = ${schemaSource(number)};`;
    const handler = `export const handle${number} = (${parametersOf(number)}: z.output<typeof schema${number}>) => ${resultOf(number)};`;
    return `${schema}\n${handler}\nexport const read${number} = (input: z.input<typeof schema${number}>) => input.field${number};`;
  });
  return ['import { z } from "zod";', ...handlers].join("\n");
}

function toolSource(number: number): string {
  return `
const tool${number} = defineTool({
  name: "tool_${number}",
  description: "Does thing ${number}.",
  input: ${schemaSource(number)},
  effect: "read",
  execute: (${parametersOf(number)}) => ${resultOf(number)},
});`;
}

function parametersOf(number: number): string {
  return `{ field${number}, kind, options }`;
}

function resultOf(number: number): string {
  return `({ said: field${number}, kind, deep: options?.deep ?? [] })`;
}

function schemaSource(number: number): string {
  return `z.object({
    field${number}: z.string(),
    count: z.number().int().default(${number}),
    kind: z.enum(["a${number}", "b${number}"]),
    options: z.object({ deep: z.array(z.string()).optional(), flag: z.boolean() }).optional(),
  })`;
}
