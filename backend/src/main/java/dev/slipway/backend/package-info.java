/** The service provider interface of backends, the pointwise IR and the plan format. */
package dev.slipway.backend;
