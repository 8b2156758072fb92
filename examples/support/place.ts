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

/** @param invented What is not real where it is simulated, for the label. */
export async function findPlace(invented = "the weather is invented"): Promise<Place> {
  try {
    return await openPlace(invented);
  } catch (error) {
    if (!(error instanceof AgentError)) throw error;
    console.error(error.message); // says what to do; where in the code it was found helps nobody here
    process.exit(1);
  }
}

const MODEL = "grok-4.7";

async function openPlace(invented: string): Promise<Place> {
  if ((process.env.XAI_API_KEY ?? "").trim() !== "") {
    const client = createClient();
    return {
      label: `${process.env.XAI_BASE_URL ?? "https://api.x.ai/v1"} with ${MODEL}`,
      model: client.model(MODEL),
      getWeather: weatherTool(),
      isSimulated: false,
      [Symbol.asyncDispose]: async () => {},
    };
  }
  const simulator = await startSimulator();
  const weather = await startWeatherService();
  const client = createClient({ apiKey: simulator.apiKey, baseURL: simulator.url });
  return {
    label: `SIMULATED: no XAI_API_KEY is set, so a simulator on this machine answers instead of ${MODEL}, and ${invented}`,
    model: client.model(MODEL),
    getWeather: weatherTool({ geocodingUrl: weather.url, forecastUrl: weather.url }),
    isSimulated: true,
    async [Symbol.asyncDispose]() {
      await simulator.close();
      await weather[Symbol.asyncDispose]();
    },
  };
}
