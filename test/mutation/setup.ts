import fc from "fast-check";

// Stryker runs the tests thousands of times.
fc.configureGlobal({ interruptAfterTimeLimit: 100 });
