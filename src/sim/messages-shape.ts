import type { JsonPath } from "./json-position.ts";
import type { SimProfile } from "./profile.ts";
import { isRecord } from "./request.ts";
import {
  anything,
  type Check,
  flag,
  integer,
  listOf,
  map,
  number,
  oneOf,
  optional,
  problem,
  type ShapeProblem,
  struct,
  text,
} from "./serde.ts";

/**
 * The first thing in a Messages request that is not of the shape of OpenAPI `MessageRequest` (xai-wire 3). Profile `proxy`
 * takes what Anthropic has besides: documents, the choice `none`, tools without a description, thinking settings; and asks
 * for the signature of thinking. Its words stay those of xAI's parser: what S2 says is not known.
 */
export const messagesShape: Readonly<Record<SimProfile, (body: unknown) => ShapeProblem | undefined>> = {
  xai: (body) => requests.xai(body, []),
  proxy: (body) => requests.proxy(body, []),
};

/** A value told apart by its `type`, as serde reads such an enum. */
const tagged =
  (variants: Readonly<Record<string, Check>>): Check =>
  (value, path) => {
    if (!isRecord(value)) return map(value, path);
    if (value.type === undefined) return problem(path, "missing field `type`");
    const wrong = oneOf(...Object.keys(variants))(value.type, [...path, "type"]);
    return wrong ?? variants[String(value.type)]?.(value, path);
  };

const textOr =
  (check: Check): Check =>
  (value: unknown, path: JsonPath) =>
    typeof value === "string" ? undefined : listOf(check)(value, path);

const textBlock = struct({ text }, ["text"]);
const base64 = struct({ media_type: text, data: text }, ["media_type", "data"]);
const url = struct({ url: text }, ["url"]);
const file = struct({ file_id: text }, ["file_id"]);
const image = struct({ source: tagged({ base64, url }) }, ["source"]);

/** Blocks that a tool result may hold; and with what a user or an assistant may say beside. */
const shown: Readonly<Record<SimProfile, Readonly<Record<string, Check>>>> = {
  xai: { text: textBlock, image },
  proxy: {
    text: textBlock,
    image: struct({ source: tagged({ base64, url, file }) }, ["source"]),
    document: struct({ source: tagged({ base64, url, file, text: anything }), title: optional(text) }, ["source"]),
  },
};

function block(profile: SimProfile): Check {
  const content = textOr(tagged(shown[profile]));
  const required = profile === "proxy" ? ["thinking", "signature"] : ["thinking"];
  return tagged({
    ...shown[profile],
    tool_use: struct({ id: text, name: text, input: map }, ["id", "name", "input"]),
    tool_result: struct({ tool_use_id: text, content: optional(content), is_error: optional(flag) }, ["tool_use_id"]),
    thinking: struct({ thinking: text, signature: optional(text) }, required),
    redacted_thinking: struct({ data: text }, ["data"]),
  });
}

function message(profile: SimProfile): Check {
  const content = textOr(block(profile));
  return struct({ role: oneOf("user", "assistant", "system"), content }, ["role", "content"]);
}

/** Functions only: no tool that a server runs is served on this route. */
function tool(profile: SimProfile): Check {
  const isProxy = profile === "proxy";
  return struct(
    {
      type: isProxy ? optional(oneOf("custom")) : anything,
      name: text,
      description: isProxy ? optional(text) : text,
      input_schema: map,
    },
    isProxy ? ["name", "input_schema"] : ["name", "description", "input_schema"],
  );
}

function toolChoice(profile: SimProfile): Check {
  const settings = struct({ disable_parallel_tool_use: optional(flag) }, []);
  const named = struct({ name: text, disable_parallel_tool_use: optional(flag) }, ["name"]);
  return tagged({ auto: settings, any: settings, tool: named, ...(profile === "proxy" ? { none: settings } : {}) });
}

const thinking = tagged({
  enabled: struct({ budget_tokens: integer }, ["budget_tokens"]),
  adaptive: anything,
  disabled: anything,
});
const outputFormat = struct({ type: oneOf("json_schema"), schema: map }, ["type", "schema"]);
const outputConfig = struct({ format: optional(outputFormat), effort: optional(text) }, []);

function request(profile: SimProfile): Check {
  const isProxy = profile === "proxy";
  return struct(
    {
      model: text,
      max_tokens: integer,
      messages: listOf(message(profile)),
      system: optional(textOr(tagged({ text: textBlock }))),
      stream: optional(flag),
      tools: optional(listOf(tool(profile))),
      tool_choice: optional(toolChoice(profile)),
      temperature: optional(number),
      top_p: optional(number),
      stop_sequences: optional(listOf(text)),
      metadata: optional(struct({ user_id: optional(text) }, [])),
      ...(isProxy
        ? { top_k: optional(integer), thinking: optional(thinking), output_config: optional(outputConfig) }
        : {}),
    },
    ["model", "max_tokens", "messages"],
  );
}

const requests: Readonly<Record<SimProfile, Check>> = { xai: request("xai"), proxy: request("proxy") };
