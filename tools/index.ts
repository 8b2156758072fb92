export type { Weather, WeatherOptions, WeatherQuery } from "./weather.ts";
export { getWeather, weatherTool } from "./weather.ts";
