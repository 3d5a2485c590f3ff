import { loadConfig, formatProblem } from './src/config/load.ts'
const t=performance.now()
const show=(o:any)=>{ try { const l=loadConfig(o); console.log('OK', JSON.stringify(l.config.providers), l.warnings, l.problems.map(formatProblem), l.withoutCredential); return l } catch(e:any){ console.log(e.name, e.problems? e.message: e.stack) } }
const env={OPENAI_API_KEY:'sk-o',ANTHROPIC_API_KEY:'sk-a',DATABASE_URL:'postgres://u:p@h/db',SECRETS_ENCRYPTION_KEY:'k'}
const l=show({file:'test/compat/full.yaml',env}); 
console.log([...l!.sources].filter(([p])=>/server|openai|azure|tracing/.test(p)))
show({file:'test/compat/full.yaml',env:{}})
show({file:'test/compat/small.yaml',env:{}})
show({env:{}})
show({env:{OPENAI_API_KEY:'x',OLLAMA_HOST:'0.0.0.0',LLM_GATEWAY_PROVIDERS_MY_VLLM_BASE_URL:'http://q/v1',LLM_GATEWAY_PROVIDERS_MY_VLLM_TYPE:'vllm',LLM_GATEWAY_LOG_LEVEL:'DEBUG'}})
show({env:{LLM_GATEWAY_SERVER_PROT:'1',SERVER_PORT:'abc',LLM_GATEWAY_AUTH_KEYS:'[{"name":"a"}]',LLM_GATEWAY_PLUGINS:'x'}, flags:{host:'0.0.0.0'}})
show({file:'x.yaml',text:'server: {port: 99999, prot: 1}\nauth:\n  admin_keys: [12345678]\n  keys:\n    - {name: a, key: "${ABC}"}\nproviders:\n  openai: {type: sk-abcdefghijklmnop1234567}\n  foo:\n  openai:\nmodels: [{name: a, targets: [{provider: openai, model: x}], fallbacks: [b]},{name: b, targets: [{provider: nope, model: x}], fallbacks: [a]}]\n',env:{}})
show({file:'x.yaml',text:'a: b: c\n\tx: [',env:{}})
console.log(performance.now()-t)
