// What the pages' scripts are checked for. They are classic scripts that share one global.
import js from "@eslint/js";
import globals from "globals";

const stricter = {
  eqeqeq: "error", "no-var": "error", "prefer-const": "error", "no-shadow": "error", "no-implicit-globals": "off", "no-eval": "error", "no-implied-eval": "error",
  "no-unused-vars": ["error", { argsIgnorePattern: "^_", caughtErrors: "none" }], "no-restricted-properties": ["error", { property: "innerHTML" }, { property: "outerHTML" }, { property: "insertAdjacentHTML" }],
};

export default [
  js.configs.recommended,
  { files: ["**/page/*.js"], languageOptions: { sourceType: "script", globals: { ...globals.browser, preact: "readonly", uPlot: "readonly" } }, rules: stricter },
  { files: ["**/*.mjs"], languageOptions: { globals: globals.node }, rules: stricter },
  { ignores: ["**/vendor/**"] },
];
