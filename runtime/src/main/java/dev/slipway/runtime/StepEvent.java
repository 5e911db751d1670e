package dev.slipway.runtime;

import jdk.jfr.Category;
import jdk.jfr.DataAmount;
import jdk.jfr.Description;
import jdk.jfr.Enabled;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Timespan;

/** A step of a run, for the JDK's Flight Recorder. */
@Name("dev.slipway.Step")
@Label("Step")
@Category("Slipway")
@Description("A step of a run: a layer, or several that one kernel computes")
@Enabled(false)
@StackTrace(false)
final class StepEvent extends Event {
  @Label("Node")
  String node;

  @Label("Operator")
  String operator;

  @Label("Tactic")
  String tactic;

  @Label("FLOPs")
  long flops;

  @Label("Bytes read and written")
  @DataAmount
  long bytes;

  @Label("Kernel time")
  @Description("On the device, where the step runs there")
  @Timespan(Timespan.NANOSECONDS)
  long kernelTime;
}
