// Made by scripts/make-catalogue.ts; see docs/model-catalogue.md.
/*!
The model data is made from two lists under the MIT License:
- model_prices_and_context_window.json of BerriAI/litellm, as copied by Prajwalsrinvas/token-tariff
  Copyright (c) 2023 Berri AI
  Copyright (c) 2026 Prajwal Srinivas
- data_slim.json of pydantic/genai-prices
  Copyright (c) Pydantic Services Inc. 2025 to present

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
documentation files (the "Software"), to deal in the Software without restriction, including without limitation
the rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and
to permit persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of
the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO
THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF
CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS
IN THE SOFTWARE.
*/
export const catalogueTexts = {
openai: `[
{"name":"dall-e-3","mode":"image","price":{"units":{"inputImage":40000000}}},
{"name":"gpt-3.5-turbo-instruct","mode":"completion","contextTokens":8192,"maxOutputTokens":4096,"price":{"input":1500,"output":2000}},
{"name":"gpt-4o","mode":"chat","contextTokens":128000,"maxOutputTokens":16384,"capabilities":["tools","parallel_tools","vision","documents","json_schema","prompt_cache"],"price":{"input":2500,"output":10000,"cacheRead":1250,"batch":{"input":1250,"output":5000},"priority":{"input":4250,"output":17000,"cacheRead":2125}}},
{"name":"gpt-4o-2024-08-06","mode":"chat","contextTokens":128000,"maxOutputTokens":16384,"capabilities":["tools","parallel_tools","vision","documents","json_schema","prompt_cache"],"price":{"input":2500,"output":10000,"cacheRead":1250,"batch":{"input":1250,"output":5000}}},
{"name":"gpt-5-nano","mode":"chat","contextTokens":272000,"maxOutputTokens":128000,"capabilities":["tools","parallel_tools","vision","documents","json_schema","thinking","prompt_cache"],"price":{"input":50,"output":400,"cacheRead":5,"flex":{"input":25,"output":200,"cacheRead":"2.5"},"priority":{"input":2500}}},
{"name":"gpt-5-pro","mode":"responses","contextTokens":400000,"maxOutputTokens":128000,"capabilities":["tools","parallel_tools","vision","documents","json_schema","thinking","prompt_cache"],"streaming":false,"price":{"input":15000,"output":120000,"batch":{"input":7500,"output":60000}}},
{"name":"gpt-5.6","mode":"chat","contextTokens":1050000,"maxOutputTokens":128000,"capabilities":["tools","parallel_tools","vision","documents","json_schema","thinking","prompt_cache"],"price":{"input":5000,"output":30000,"cacheRead":500,"cacheWrite5m":6250,"above":[{"tokens":272000,"input":10000,"output":45000,"cacheRead":1000,"cacheWrite5m":12500}],"batch":{"input":2500,"output":15000},"flex":{"input":2500,"output":15000,"cacheRead":250,"cacheWrite5m":3125,"above":[{"tokens":272000,"input":5000,"output":22500,"cacheRead":500,"cacheWrite5m":6250}]},"priority":{"input":10000,"output":60000,"cacheRead":1000,"cacheWrite5m":12500}}},
{"name":"omni-moderation-latest","mode":"moderation","contextTokens":32768,"price":{"input":0,"output":0}},
{"name":"text-embedding-3-small","mode":"embedding","contextTokens":8191,"price":{"input":20,"output":0,"batch":{"input":10,"output":0}}},
{"name":"tts-1","mode":"audio_speech","price":{"units":{"inputCharacter":15000}}},
{"name":"whisper-1","mode":"audio_transcription","price":{"units":{"inputSecond":100000,"outputSecond":100000}}}
]`,
anthropic: `[
{"name":"claude-opus-4-1-20250805","mode":"chat","contextTokens":200000,"maxOutputTokens":32000,"capabilities":["tools","vision","documents","json_schema","thinking","prompt_cache"],"deprecated":"2026-08-05","price":{"input":15000,"output":75000,"cacheRead":1500,"cacheWrite5m":18750,"cacheWrite1h":30000}},
{"name":"claude-sonnet-4-5","mode":"chat","contextTokens":200000,"maxOutputTokens":64000,"capabilities":["tools","vision","documents","json_schema","thinking","prompt_cache"],"price":{"input":3000,"output":15000,"cacheRead":300,"cacheWrite5m":3750,"cacheWrite1h":6000,"above":[{"tokens":200000,"input":6000,"output":22500,"cacheRead":600,"cacheWrite5m":7500,"cacheWrite1h":12000}]}},
{"name":"claude-sonnet-4-5-20250929","mode":"chat","contextTokens":200000,"maxOutputTokens":64000,"capabilities":["tools","vision","documents","json_schema","thinking","prompt_cache"],"price":{"input":3000,"output":15000,"cacheRead":300,"cacheWrite5m":3750,"cacheWrite1h":6000,"above":[{"tokens":200000,"input":6000,"output":22500,"cacheRead":600,"cacheWrite5m":7500,"cacheWrite1h":12000}]}}
]`,
azure_openai: `[
{"name":"gpt-4o","mode":"chat","contextTokens":128000,"maxOutputTokens":16384,"capabilities":["tools","parallel_tools","vision","json_schema","prompt_cache"],"price":{"input":2500,"output":10000,"cacheRead":1250}},
{"name":"gpt-4o-transcribe","mode":"audio_transcription","contextTokens":16000,"maxOutputTokens":2000,"price":{"input":2500,"output":10000,"audioInput":2500}}
]`,
gemini: `[
{"name":"gemini-2.0-flash","mode":"chat","contextTokens":1048576,"maxOutputTokens":8192,"capabilities":["tools","vision","audio_input","json_schema","prompt_cache"],"deprecated":"2026-06-01","price":{"input":100,"output":400,"cacheRead":25,"audioInput":700}},
{"name":"gemini-2.5-flash","mode":"chat","contextTokens":1048576,"maxOutputTokens":65535,"capabilities":["tools","parallel_tools","vision","documents","json_schema","thinking","prompt_cache"],"price":{"input":300,"output":2500,"reasoning":2500,"cacheRead":30,"audioInput":1000}},
{"name":"gemini-flash-latest","mode":"chat","contextTokens":1048576,"maxOutputTokens":65535,"capabilities":["tools","parallel_tools","vision","documents","json_schema","thinking","prompt_cache"],"price":{"input":300,"output":2500,"reasoning":2500,"cacheRead":75,"audioInput":1000}}
]`,
vertex: `[
{"name":"claude-sonnet-4-5@20250929","mode":"chat","contextTokens":200000,"maxOutputTokens":64000,"capabilities":["tools","vision","documents","json_schema","thinking","prompt_cache"],"price":{"input":3000,"output":15000,"cacheRead":300,"cacheWrite5m":3750,"cacheWrite1h":6000,"above":[{"tokens":200000,"input":6000,"output":22500,"cacheRead":600,"cacheWrite5m":7500}],"batch":{"input":1500,"output":7500}}},
{"name":"gemini-2.5-flash","mode":"chat","contextTokens":1048576,"maxOutputTokens":65535,"capabilities":["tools","parallel_tools","vision","documents","json_schema","thinking","prompt_cache"],"price":{"input":300,"output":2500,"reasoning":2500,"cacheRead":30,"audioInput":1000}},
{"name":"gemini-2.5-pro","mode":"chat","contextTokens":1048576,"maxOutputTokens":65535,"capabilities":["tools","vision","documents","audio_input","json_schema","thinking","prompt_cache"],"price":{"input":1250,"output":10000,"cacheRead":125,"above":[{"tokens":200000,"input":2500,"output":15000,"cacheRead":250,"cacheWrite5m":250}]}}
]`,
bedrock: `[
{"name":"moonshotai.kimi-k2-thinking","mode":"chat","contextTokens":262144,"maxOutputTokens":262144,"capabilities":["tools","thinking"],"price":{"input":730,"output":3030}},
{"name":"us.anthropic.claude-sonnet-4-5-20250929-v1:0","mode":"chat","contextTokens":200000,"maxOutputTokens":64000,"capabilities":["tools","vision","documents","json_schema","thinking","prompt_cache"],"price":{"input":3300,"output":16500,"cacheRead":330,"cacheWrite5m":4125,"cacheWrite1h":6600,"above":[{"tokens":200000,"input":6600,"output":24750,"cacheRead":660,"cacheWrite5m":8250,"cacheWrite1h":13200}]}}
]`,
cohere: `[
{"name":"command-a-03-2025","mode":"chat","contextTokens":256000,"maxOutputTokens":8000,"capabilities":["tools"],"price":{"input":2500,"output":10000}},
{"name":"embed-v4.0","mode":"embedding","contextTokens":128000,"price":{"input":120,"output":0}},
{"name":"rerank-v3.5","mode":"rerank","contextTokens":4096,"maxOutputTokens":4096,"price":{"input":0,"output":0,"units":{"query":2000000}}}
]`,
mistral: `[
{"name":"mistral-large-latest","mode":"chat","contextTokens":262144,"maxOutputTokens":262144,"capabilities":["tools","vision","json_schema"],"price":{"input":500,"output":1500}}
]`,
together: `[
{"name":"BAAI/bge-base-en-v1.5","mode":"embedding","contextTokens":512,"price":{"input":8,"output":0}},
{"name":"Qwen/Qwen2.5-7B-Instruct-Turbo","mode":"chat","capabilities":["tools","parallel_tools","json_schema"]},
{"name":"mistralai/Mistral-7B-Instruct-v0.1","mode":"chat","capabilities":["tools","parallel_tools","json_schema"],"price":{"input":200,"output":200}}
]`,
deepseek: `[
{"name":"deepseek-chat","mode":"chat","contextTokens":131072,"maxOutputTokens":8192,"capabilities":["tools","parallel_tools","json_schema","prompt_cache"],"price":{"input":280,"output":420,"cacheRead":28,"cacheWrite5m":0}},
{"name":"deepseek-coder","mode":"chat","contextTokens":128000,"maxOutputTokens":4096,"capabilities":["tools","prompt_cache"],"price":{"input":140,"output":280,"cacheRead":14}}
]`,
groq: `[
{"name":"llama-3.3-70b-versatile","mode":"chat","contextTokens":128000,"maxOutputTokens":32768,"capabilities":["tools"],"price":{"input":590,"output":790}},
{"name":"openai/gpt-oss-120b","mode":"chat","contextTokens":131072,"maxOutputTokens":32766,"capabilities":["tools","parallel_tools","json_schema","thinking"],"price":{"input":150,"output":600,"cacheRead":75}}
]`,
openrouter: `[
{"name":"anthropic/claude-sonnet-4.5","mode":"chat","contextTokens":1000000,"maxOutputTokens":1000000,"capabilities":["tools","vision","thinking","prompt_cache"],"price":{"input":3000,"output":15000,"cacheRead":300,"cacheWrite5m":3750,"above":[{"tokens":200000,"input":6000,"output":22500,"cacheRead":600,"cacheWrite5m":7500}],"units":{"inputImage":4800000}}}
]`,
fireworks: `[
{"name":"accounts/fireworks/models/deepseek-v3p2","mode":"chat","contextTokens":163840,"maxOutputTokens":163840,"capabilities":["tools","json_schema","thinking"],"price":{"input":560,"output":1680}}
]`,
xai: `[
{"name":"grok-4-fast-reasoning","mode":"chat","contextTokens":2000000,"maxOutputTokens":2000000,"capabilities":["tools","prompt_cache"],"deprecated":"2026-05-15","price":{"input":200,"output":500,"cacheRead":50,"above":[{"tokens":128000,"input":400,"output":1000}]}}
]`,
perplexity: `[
{"name":"sonar-pro","mode":"chat","contextTokens":200000,"maxOutputTokens":8000,"price":{"input":3000,"output":15000}}
]`,
}
