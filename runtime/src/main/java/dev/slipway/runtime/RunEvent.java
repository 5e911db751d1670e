package dev.slipway.runtime;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Enabled;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** A run of an engine, for the JDK's Flight Recorder. */
@Name("dev.slipway.Run")
@Label("Run")
@Category("Slipway")
@Description("A run of an engine in an execution context")
@Enabled(false)
@StackTrace(false)
final class RunEvent extends Event {
  @Label("Model")
  String model;

  @Label("Input shapes")
  String shapes;
}
