package dev.slipway.analysis;

import dev.slipway.runtime.RunTime;
import dev.slipway.runtime.StepTime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Profiled runs as trace events, which Perfetto and Chrome show: each stream is a thread, its copies to and from a
 * device are a second one. Source: Trace Event Format, complete events ({@code ph: X}) in microseconds.
 */
public final class TraceEvents {
  private static final int PROCESS = 1;

  private final List<Map<String, Object>> events = new ArrayList<>();
  private final long origin;

  private TraceEvents(long origin) {
    this.origin = origin;
  }

  /** As an object of JSON. */
  public static Map<String, Object> of(ModelProfile profile, ProfiledRuns runs) {
    long origin = runs.timed().stream().mapToLong(RunTime::start).min().orElse(0);
    TraceEvents trace = new TraceEvents(origin);
    trace.name("process_name", 0, profile.model() + " on " + profile.device());
    for (int stream = 0; stream < runs.streams().size(); stream++) {
      trace.add(stream, runs.streams().get(stream).timed());
    }
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("displayTimeUnit", "ms");
    json.put("traceEvents", trace.events);
    return json;
  }

  private void add(int stream, List<RunTime> runs) {
    int thread = 2 * stream + 1;
    name("thread_name", thread, "stream " + stream);
    if (runs.stream().anyMatch(run -> !run.copies().isEmpty())) {
      name("thread_name", thread + 1, "stream " + stream + " copies");
    }
    for (int i = 0; i < runs.size(); i++) {
      RunTime run = runs.get(i);
      complete("run " + i, "run", thread, run.start(), run.nanos(), Map.of("index", i));
      run.steps().forEach(step ->
          complete(step.node(), step.op(), thread, run.start() + step.start(), step.nanos(), arguments(step)));
      run.copies().forEach(copy -> complete(
          copy.toDevice() ? "copy to the device" : "copy to the host",
          "copy",
          thread + 1,
          run.start() + copy.start(),
          copy.nanos(),
          Map.of("bytes", copy.bytes())));
    }
  }

  private static Map<String, Object> arguments(StepTime step) {
    Map<String, Object> arguments = new LinkedHashMap<>();
    arguments.put("tactic", step.tactic());
    arguments.put("precision", step.work().arithmetic().label());
    arguments.put("shapes", step.shapes());
    arguments.put("flops", step.work().flops());
    arguments.put("bytes", step.work().bytesRead() + step.work().bytesWritten());
    return arguments;
  }

  private void complete(String name, String category, int thread, long start, long nanos,
      Map<String, Object> arguments) {
    Map<String, Object> event = new LinkedHashMap<>();
    event.put("name", name);
    event.put("cat", category);
    event.put("ph", "X");
    event.put("ts", (start - origin) / 1e3);
    event.put("dur", nanos / 1e3);
    event.put("pid", PROCESS);
    event.put("tid", thread);
    event.put("args", arguments);
    events.add(event);
  }

  private void name(String what, int thread, String name) {
    Map<String, Object> event = new LinkedHashMap<>();
    event.put("name", what);
    event.put("ph", "M");
    event.put("pid", PROCESS);
    event.put("tid", thread);
    event.put("args", Map.of("name", name));
    events.add(event);
  }
}
