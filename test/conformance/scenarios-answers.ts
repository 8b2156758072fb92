import { filePart, imagePart } from "fairwitness";
import { png } from "../support/images.ts";
import { refusalFrames } from "./frames.ts";
import type { Api, Scenario } from "./scenario.ts";

const done = { status: "completed", text: "Done." } as const;
const weather = { name: "get_weather", arguments: { city: "Oslo" } };

/** What a model says, and how it is asked. */
export const answers: readonly Scenario[] = [
  { name: "a plain answer", script: [{ text: "Done." }], ends: done },
  { name: "a system message", instructions: "Be brief.", script: [{ text: "Done." }], ends: done },
  { name: "no tools", tools: () => [], script: [{ text: "Done." }], ends: done },
  { name: "an answer in one piece", script: [{ text: "Done.", split: "whole" }], ends: done },
  { name: "reasoning", script: [{ reasoning: "Let me think.", text: "Done." }], ends: done },
  {
    name: "reasoning that goes on after a call",
    script: [
      { reasoning: "I look.", toolCalls: [weather] },
      { reasoning: "I see.", text: "Done." },
    ],
    ends: done,
  },
  {
    name: "reasoning of which the server says nothing but a number",
    script: [{ text: "Done.", usage: { promptTokens: 50, completionTokens: 5, reasoningTokens: 70 } }],
    ends: done,
  },
  {
    name: "a refusal",
    script: (api: Api) => [{ chunks: refusalFrames[api] }],
    ends: { status: "failed", finishReason: "refusal" },
  },
  {
    name: "an answer that was cut off",
    script: [{ text: "Half of", finishReason: "length" }],
    ends: { status: "failed", finishReason: "length", text: "Half of" },
  },
  {
    name: "calls that were cut off, which do not run",
    script: [{ toolCalls: [{ name: "act", arguments: '{"deed":"fi' }], finishReason: "length" }],
    ends: { status: "failed", finishReason: "length" },
  },
  {
    name: "an answer that was held back",
    apis: ["chat", "responses"], // Messages has one word for this and a refusal: see the test below the scenarios
    script: [{ text: "Some", finishReason: "content_filter" }],
    ends: { status: "failed", finishReason: "content_filter" },
  },
  {
    name: "an end for a reason that nobody knows",
    apis: ["chat", "messages"], // a response has no such field
    script: [{ text: "Done.", finishReason: "moonrise" }],
    ends: { ...done, finishReason: "other" },
    holds: ["warning"],
  },
  { name: "an empty answer", script: [{}], ends: { status: "failed", finishReason: "stop" } },
  {
    name: "usage that nobody reports",
    script: [{ text: "Done.", usage: null }],
    ends: { ...done, cost: { basis: "unknown" } },
  },
  {
    name: "tokens from the cache",
    script: [{ text: "Done.", usage: { promptTokens: 1000, cachedTokens: 640, completionTokens: 10 } }],
    ends: done,
  },
  {
    name: "a long prompt, which costs more",
    script: [{ text: "Done.", usage: { promptTokens: 300_000, completionTokens: 10 } }],
    ends: done,
  },
  {
    name: "halves of characters in what is said and asked",
    input: "Half \ud83d of it",
    script: [{ text: "Whole 😀 and half \ud83d" }],
    ends: { status: "completed" },
  },
  {
    name: "an image from the user",
    input: { role: "user", content: [{ type: "text", text: "What is this?" }, imagePart(png())] },
    script: [{ text: "Done." }],
    ends: done,
  },
  {
    name: "an image by its address",
    input: { role: "user", content: [imagePart("https://example.com/a.png")] },
    script: [{ text: "Done." }],
    ends: done,
  },
  {
    name: "an image and a file by the id of an upload",
    profile: "proxy", // xAI's route of the Messages protocol takes neither
    promptTokens: 600, // the names of the parts differ
    input: (fileId) => ({
      role: "user",
      content: [{ type: "text", text: "What is this?" }, imagePart({ fileId }), filePart({ fileId })],
    }),
    script: [{ text: "Done." }],
    ends: done,
  },
  {
    name: "a history by hand, out of order and with a call that nobody answered",
    promptTokens: 300,
    messages: [
      { role: "system", content: "You are kind." },
      { role: "user", content: "Oslo?" },
      {
        role: "assistant",
        content: "",
        toolCalls: [
          { id: "a", tool: "get_weather", arguments: '{"city":"Oslo"}' },
          { id: "functions.get_time:0", tool: "get_time", arguments: "{}" },
        ],
      },
      { role: "tool", callId: "functions.get_time:0", tool: "get_time", content: "12:00" },
      { role: "assistant", content: "" },
      { role: "user", content: "And now?" },
      { role: "system", content: "Be brief from here on." },
    ],
    script: [{ text: "Done." }],
    ends: done,
    holds: ["warning"],
  },
  {
    name: "settings",
    settings: { temperature: 0.3, topP: 0.9, maxOutputTokens: 300, user: "u1" },
    script: [{ text: "Done." }],
    ends: done,
  },
  {
    name: "a comment before every frame, a frame that nobody knows, and a ping",
    script: [
      { text: "Done.", comments: true, unknownEvent: { afterChunks: 2, event: "moon", data: { type: "moon" } } },
    ],
    ends: done,
    holds: ["wire"],
  },
];
