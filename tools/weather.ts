import { AgentError, defineTool, type Tool } from "fairwitness";
import { z } from "zod";

/** Where the weather comes from. Both defaults are Open-Meteo, which needs no key. */
export interface WeatherOptions {
  /** Finds a place by its name. Default https://geocoding-api.open-meteo.com */
  geocodingUrl?: string;
  /** Knows the weather of a place. Default https://api.open-meteo.com */
  forecastUrl?: string;
  fetch?: typeof globalThis.fetch;
}

/** What the model asks. */
export interface WeatherQuery {
  city: string;
  unit?: "celsius" | "fahrenheit" | undefined;
}

/** What it is told. */
export interface Weather {
  place: string;
  temperature: number;
  unit: "celsius" | "fahrenheit";
  windKmh: number;
  /** WMO weather code in words, such as "light rain". */
  conditions: string;
  source: string;
}

/**
 * The current weather in a city, from Open-Meteo or from any service that answers its two requests.
 * @see https://open-meteo.com/en/docs, read 2026-11-20
 */
export function weatherTool(options: WeatherOptions = {}): Tool<unknown, WeatherQuery, Weather> {
  const { geocodingUrl = "https://geocoding-api.open-meteo.com", forecastUrl = "https://api.open-meteo.com" } = options;
  const fetchFunction = options.fetch ?? globalThis.fetch;
  return defineTool({
    name: "get_weather",
    description: "Current weather in a city: temperature, wind and conditions.",
    input: z.object({
      city: z.string().min(1).describe("Name of the city, such as Lisbon."),
      unit: z.enum(["celsius", "fahrenheit"]).default("celsius"),
    }),
    effect: "read",
    timeoutMs: 20_000,
    async execute({ city, unit }, { signal, progress }): Promise<Weather> {
      const place = await findPlace(city);
      progress({ found: place.name });
      const query = `latitude=${place.latitude}&longitude=${place.longitude}&temperature_unit=${unit}`;
      const url = `${forecastUrl}/v1/forecast?${query}&current=temperature_2m,wind_speed_10m,weather_code`;
      const { current } = forecastSchema.parse(await getJson(url));
      return {
        place: [place.name, place.country].filter(Boolean).join(", "),
        temperature: current.temperature_2m,
        unit,
        windKmh: current.wind_speed_10m,
        conditions: CONDITIONS[current.weather_code] ?? `WMO code ${current.weather_code}`,
        source: new URL(forecastUrl).hostname, // without a port, which would differ in every test
      };

      async function findPlace(name: string): Promise<Place> {
        const found = placesSchema.parse(
          await getJson(`${geocodingUrl}/v1/search?count=1&name=${encodeURIComponent(name)}`),
        );
        const [first] = found.results ?? [];
        if (first === undefined)
          throw new AgentError("tool_failed", `No place is called "${name}". Ask for a city by its usual name.`);
        return first;
      }

      async function getJson(url: string): Promise<unknown> {
        const answer = await fetchFunction(url, { signal });
        if (!answer.ok) throw new AgentError("tool_failed", `The weather service answered ${answer.status}.`);
        return await answer.json();
      }
    },
  });
}

/** `weatherTool()` on Open-Meteo. */
export const getWeather: Tool<unknown, WeatherQuery, Weather> = weatherTool();

const placesSchema = z.object({
  results: z
    .array(z.object({ name: z.string(), country: z.string().optional(), latitude: z.number(), longitude: z.number() }))
    .optional(),
});

type Place = NonNullable<z.infer<typeof placesSchema>["results"]>[number];

const forecastSchema = z.object({
  current: z.object({ temperature_2m: z.number(), wind_speed_10m: z.number(), weather_code: z.int() }),
});

/** WMO code table 4677, as Open-Meteo uses it. */
const CONDITIONS: Readonly<Record<number, string>> = {
  0: "clear sky",
  1: "mainly clear",
  2: "partly cloudy",
  3: "overcast",
  45: "fog",
  48: "rime fog",
  51: "light drizzle",
  53: "drizzle",
  55: "dense drizzle",
  61: "light rain",
  63: "rain",
  65: "heavy rain",
  71: "light snow",
  73: "snow",
  75: "heavy snow",
  80: "light showers",
  81: "showers",
  82: "violent showers",
  95: "thunderstorm",
};
