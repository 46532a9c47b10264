/** Renders the OpenAPI document as a page. */

/**
 * @param {string} tag
 * @param {Record<string, string>} attributes
 * @param {...(Node | string)} children
 */
function element(tag, attributes, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/**
 * The parts of the OpenAPI document that the page shows.
 *
 * @typedef {{$ref?: string, enum?: unknown[], anyOf?: Schema[], type?: string, items?: Schema, title?: string,
 *   description?: string, default?: unknown, additionalProperties?: unknown, required?: string[],
 *   properties?: Record<string, Schema>}} Schema
 * @typedef {Record<string, {schema: Schema}>} Content
 * @typedef {{summary: string, parameters: {name: string, schema: Schema, description?: string}[],
 *   requestBody?: {content: Content}, responses: Record<string, {content?: Content, description: string}>}} Operation
 */

/**
 * Return a short text for a schema: its name or type.
 *
 * @param {Schema} schema
 * @returns {string}
 */
function kindOf(schema) {
  if (schema.$ref) return schema.$ref.split("/").at(-1) ?? "";
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  if (schema.anyOf) return schema.anyOf.map(kindOf).join(" | ");
  if (schema.type === "array") return schema.items ? `${kindOf(schema.items)}[]` : "array";
  if (schema.type === "object" && schema.additionalProperties) return "object";
  return schema.type ?? "anything";
}

/** @param {string[][]} pairs */
function rows(pairs) {
  const list = element("dl", {});
  for (const [term, text] of pairs) list.append(element("dt", {}, term), element("dd", {}, text));
  return list;
}

/** @param {Content | undefined} content */
function contentOf(content) {
  return Object.entries(content ?? {}).map(([media, one]) => `${kindOf(one.schema)} (${media})`).join(", ");
}

/**
 * @param {string} path
 * @param {string} method
 * @param {Operation} operation
 */
function operationOf(path, method, operation) {
  const pairs = operation.parameters.map((one) => [
    one.name,
    [kindOf(one.schema), one.description, one.schema.default === undefined ? "" : `default ${one.schema.default}`]
      .filter(Boolean).join("; "),
  ]);
  if (operation.requestBody) pairs.push(["body", contentOf(operation.requestBody.content)]);
  for (const [status, response] of Object.entries(operation.responses)) {
    pairs.push([status, contentOf(response.content) || response.description]);
  }
  const title = element("summary", {},
    element("span", { class: "method" }, method.toUpperCase()),
    element("code", {}, path),
    element("span", { class: "said" }, operation.summary));
  return element("details", {}, title, rows(pairs));
}

/**
 * @param {string} name
 * @param {Schema} schema
 */
function formOf(name, schema) {
  const required = new Set(schema.required ?? []);
  const pairs = Object.entries(schema.properties ?? {}).map(([field, one]) => [
    required.has(field) ? field : `${field}?`,
    [kindOf(one), one.title, one.description].filter(Boolean).join("; "),
  ]);
  const title = element("summary", {}, element("code", {}, name),
    element("span", { class: "said" }, schema.description ?? ""));
  return element("details", { id: name }, title, rows(pairs));
}

async function show() {
  const place = document.getElementById("reference");
  if (!place) return;
  try {
    const response = await fetch("openapi.json");
    if (!response.ok) throw new Error(`openapi.json: ${response.status}`);
    /** @type {{paths: Record<string, Record<string, Operation>>, components: {schemas: Record<string, Schema>}}} */
    const description = await response.json();
    const operations = Object.entries(description.paths).flatMap(([path, item]) =>
      Object.entries(item).map(([method, operation]) => operationOf(path, method, operation)));
    const forms = Object.entries(description.components.schemas).map(([name, schema]) => formOf(name, schema));
    place.replaceChildren(
      element("h2", {}, "Endpoints"), ...operations, element("h2", {}, "Schemas"), ...forms);
  } catch (problem) {
    place.replaceChildren(element("p", { role: "alert" }, `The API description could not be loaded. ${problem instanceof Error ? problem.message : problem}`));
  }
}

show();
