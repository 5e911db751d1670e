/** Loads plans and runs them: engines, execution contexts and optimisation profiles. */
package dev.slipway.runtime;
