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

/** Return a short text for a schema: its name or type. */
function kindOf(schema) {
  if (schema.$ref) return schema.$ref.split("/").pop();
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  if (schema.anyOf) return schema.anyOf.map(kindOf).join(" | ");
  if (schema.type === "array") return schema.items ? `${kindOf(schema.items)}[]` : "array";
  if (schema.type === "object" && schema.additionalProperties) return "object";
  return schema.type ?? "anything";
}

function rows(pairs) {
  const list = element("dl", {});
  for (const [term, text] of pairs) list.append(element("dt", {}, term), element("dd", {}, text));
  return list;
}

function contentOf(content) {
  return Object.entries(content ?? {}).map(([media, one]) => `${kindOf(one.schema)} (${media})`).join(", ");
}

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
  try {
    const response = await fetch("openapi.json");
    if (!response.ok) throw new Error(`openapi.json: ${response.status}`);
    const description = await response.json();
    const operations = Object.entries(description.paths).flatMap(([path, item]) =>
      Object.entries(item).map(([method, operation]) => operationOf(path, method, operation)));
    const forms = Object.entries(description.components.schemas).map(([name, schema]) => formOf(name, schema));
    place.replaceChildren(
      element("h2", {}, "Endpoints"), ...operations, element("h2", {}, "Schemas"), ...forms);
  } catch (problem) {
    place.replaceChildren(element("p", { role: "alert" }, `The API description could not be loaded. ${problem.message}`));
  }
}

show();
