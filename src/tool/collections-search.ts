import { createReader, type OptionNames, readOptions, refusal, settled } from "./server-options.ts";
import type { CollectionsSearchOptions, CollectionsSearchTool } from "./server-tool.ts";

const NAMES: OptionNames = {
  maker: "collectionsSearch",
  options: ["collectionIds", "maxResults"],
  habits: {
    collection_ids: "collectionIds",
    collections: "collectionIds",
    collectionId: "collectionIds",
    vector_store_ids: "collectionIds",
    vectorStoreIds: "collectionIds",
    ids: "collectionIds",
    max_num_results: "maxResults",
    maxNumResults: "maxResults",
    limit: "maxResults",
    topK: "maxResults",
    filters: "xAI refuses it. Leave it out",
    ranking_options: "xAI refuses it. Leave it out",
    rankingOptions: "xAI refuses it. Leave it out",
    retrieval_mode: "Only xAI's gRPC API takes it. Leave it out",
    instructions: "Only xAI's gRPC API takes it. Leave it out",
    type: "Write collectionsSearch({ collectionIds: […] })",
  },
};

const MAX_COLLECTIONS = 10;

/**
 * Search in files you uploaded to collections at xAI, run by xAI. A tool of the Responses API, where it is called
 * `file_search`.
 * @throws {AgentError} `invalid_tool` naming the option and what to write.
 */
export function collectionsSearch(options: CollectionsSearchOptions): CollectionsSearchTool {
  const given = readOptions(options, NAMES);
  const read = createReader(NAMES.maker, given);
  const collectionIds = read.list("collectionIds", MAX_COLLECTIONS, readId);
  if (collectionIds === undefined) {
    throw refusal(NAMES.maker, 'has no collectionIds. Name what it searches: { collectionIds: ["collection_…"] }');
  }
  const checked = settled<CollectionsSearchOptions>({ collectionIds, maxResults: read.count("maxResults") });
  return Object.freeze({
    executor: "server",
    kind: "collections_search",
    name: "collections_search",
    options: checked,
  });
}

function readId(text: string, place: string): string {
  if (/^\S+$/.test(text)) return text;
  throw refusal(NAMES.maker, `has ${place} ${JSON.stringify(text.slice(0, 80))}. An id is a text without spaces`);
}
