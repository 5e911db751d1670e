/** What a backend provides and what asks it: devices, tactics, kernels; the memory planner and the plan file. */
package dev.slipway.backend;
