package dev.slipway.runtime;

import java.util.List;

/** Makes an event of each step. */
final class FlightSteps implements RunObserver {
  private final List<StepWork> work;
  private StepEvent event = begun();

  FlightSteps(List<StepWork> work) {
    this.work = work;
  }

  static boolean areEnabled() {
    return new StepEvent().isEnabled();
  }

  private static StepEvent begun() {
    StepEvent event = new StepEvent();
    event.begin();
    return event;
  }

  @Override
  public void step(int index, long start, long end) {
    event.end();
    if (event.shouldCommit()) {
      StepWork step = work.get(index);
      event.node = step.node();
      event.operator = step.op();
      event.tactic = step.tactic();
      event.flops = step.flops();
      event.bytes = step.bytesRead() + step.bytesWritten();
      event.kernelTime = end - start;
      event.commit();
    }
    event = begun();
  }

  @Override
  public void copy(boolean toDevice, long bytes, long start, long end) {
    event = begun();
  }
}
