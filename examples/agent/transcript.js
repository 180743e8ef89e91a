// The steps that an agent asks for, checked: each message names the step and the field.

/** The fields of each tool's steps, with the type of each. A `?` marks one that may be missing. */
const tools = {
  write: { path: 'string', text: 'string' },
  read: { path: 'string' },
  python: { code: 'string', timeout: 'number?' },
  javascript: { code: 'string', timeout: 'number?' },
}
/** The most that a transcript may ask for. `timeout` is in milliseconds. */
export const most = { steps: 100, characters: 2 ** 20, timeout: 30_000 }

const received = value => (typeof value === 'string' ? JSON.stringify(value) : typeof value)

function checkField(where, type, value) {
  const [name] = type.split('?')
  if (value === undefined && type.endsWith('?')) return
  if (value === undefined || typeof value !== name)
    throw new TypeError(`${where}: expected a ${name}, received ${received(value)}`)
  if (name === 'string' && value.length > most.characters)
    throw new RangeError(
      `${where}: expected at most ${most.characters} characters, received ${value.length}`,
    )
  if (name === 'number' && !(Number.isInteger(value) && value >= 1 && value <= most.timeout))
    throw new RangeError(
      `${where}: expected milliseconds from 1 to ${most.timeout}, received ${value}`,
    )
}

function checkStep(step, where) {
  if (typeof step !== 'object' || step === null || Array.isArray(step))
    throw new TypeError(`${where}: expected an object, received ${received(step)}`)
  const { tool, ...fields } = step
  if (typeof tool !== 'string' || !Object.hasOwn(tools, tool))
    throw new TypeError(
      `${where}: tool: expected one of ${Object.keys(tools).join(', ')}, received ${received(tool)}`,
    )
  for (const name of Object.keys(fields))
    if (!Object.hasOwn(tools[tool], name))
      throw new TypeError(
        `${where}: ${JSON.stringify(name)}: ${tool} has ${Object.keys(tools[tool]).join(', ')}`,
      )
  for (const [name, type] of Object.entries(tools[tool]))
    checkField(`${where}: ${name}`, type, fields[name])
}

/** Returns the steps of a JSON text. */
export function parseTranscript(text) {
  const steps = JSON.parse(text)
  if (!Array.isArray(steps))
    throw new TypeError(`the transcript: expected an array of steps, received ${received(steps)}`)
  if (steps.length > most.steps)
    throw new RangeError(
      `the transcript: expected at most ${most.steps} steps, received ${steps.length}`,
    )
  steps.forEach((step, index) => {
    checkStep(step, `step ${index + 1}`)
  })
  return steps
}
