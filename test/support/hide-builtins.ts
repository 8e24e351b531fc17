/** Hides Node built-ins from the sources, before they are loaded: the project `web`. */
process.getBuiltinModule = () => undefined;
