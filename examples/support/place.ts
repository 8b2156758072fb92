import { AgentError, createClient, type Model } from "fairwitness";
import { startSimulator } from "fairwitness/sim";
import { weatherTool } from "fairwitness/tools";
import { startWeatherService } from "./weather-service.ts";

/** Where an example runs: on xAI when there is a key, else on this machine. */
export interface Place extends AsyncDisposable {
  /** What to tell people about it. */
  label: string;
  model: Model;
  getWeather: ReturnType<typeof weatherTool>;
  isSimulated: boolean;
}

export async function findPlace(model?: string): Promise<Place> {
  try {
    return await openPlace(model);
  } catch (error) {
    if (!(error instanceof AgentError)) throw error;
    console.error(error.message); // says what to do; where in the code it was found helps nobody here
    process.exit(1);
  }
}

async function openPlace(model = "grok-4.7"): Promise<Place> {
  if ((process.env.XAI_API_KEY ?? "").trim() !== "") {
    const client = createClient();
    return {
      label: `${process.env.XAI_BASE_URL ?? "https://api.x.ai/v1"} with ${model}`,
      model: client.model(model),
      getWeather: weatherTool(),
      isSimulated: false,
      [Symbol.asyncDispose]: async () => {},
    };
  }
  const simulator = await startSimulator();
  const weather = await startWeatherService();
  const client = createClient({ apiKey: simulator.apiKey, baseURL: simulator.url });
  return {
    label: `SIMULATED: no XAI_API_KEY is set, so a simulator on this machine answers instead of ${model}, and the weather is invented`,
    model: client.model(model),
    getWeather: weatherTool({ geocodingUrl: weather.url, forecastUrl: weather.url }),
    isSimulated: true,
    async [Symbol.asyncDispose]() {
      await simulator.close();
      await weather[Symbol.asyncDispose]();
    },
  };
}
