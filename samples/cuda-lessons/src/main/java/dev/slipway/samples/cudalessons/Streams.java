package dev.slipway.samples.cudalessons;

import dev.slipway.backend.Backend;
import dev.slipway.builder.BuildOptions;
import dev.slipway.builder.Builder;
import dev.slipway.graph.Graph;
import dev.slipway.runtime.Engine;
import dev.slipway.runtime.ExecutionContext;
import dev.slipway.runtime.RunTime;
import dev.slipway.runtime.Stream;
import dev.slipway.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Streams, pinned memory and events: a context on a GPU has a stream of the device. One copies to the device, computes,
 * and copies back, and the engines for copies in either direction stand still in turns; two in two threads use both at
 * once, provided that the memory is pinned. Events tell when work has ended, without stopping it.
 */
final class Streams {
  private Streams() {}

  /** What one measurement gave. */
  record Rates(double runsPerSecond, List<Tensor> outputs) {}

  /** Runs a graph of one input x and one output so many times, on so many streams; pinned or not. */
  static Rates measure(Backend backend, Graph graph, Tensor x, int streams, int runs, boolean pinned) {
    List<ExecutionContext> contexts = new ArrayList<>();
    List<Stream> queues = new ArrayList<>();
    try (Engine engine = Engine.of(new Builder(backend, BuildOptions.defaults()).build(graph).plan(), backend)) {
      try {
        List<Map<String, Tensor>> inputs = new ArrayList<>();
        for (int i = 0; i < streams; i++) {
          ExecutionContext context = engine.newContext();
          contexts.add(context);
          queues.add(new Stream());
          Tensor own = pinned ? context.allocate(x.type()) : Tensor.allocate(x.type());
          own.copyFrom(x);
          inputs.add(Map.of("x", own));
          context.run(inputs.getLast());
        }
        List<Stream.Event> begin = queues.stream().map(Stream::record).toList();
        for (int run = 0; run < runs; run++) {
          int i = run % streams;
          queues.get(i).enqueue(contexts.get(i), inputs.get(i), Map.of());
        }
        double millis = 0;
        for (Stream queue : queues) {
          millis = Math.max(millis, queue.record().millisSince(begin.getFirst()));
        }
        List<Tensor> outputs = new ArrayList<>();
        for (int i = 0; i < streams; i++) {
          outputs.add(copy(contexts.get(i).run(inputs.get(i)).values().iterator().next()));
        }
        return new Rates(runs / millis * 1e3, outputs);
      } finally {
        queues.forEach(Stream::close);
        contexts.forEach(ExecutionContext::close);
      }
    }
  }

  /** What the device's own events say of one run: of its copies, and of its kernels. */
  static RunTime times(Backend backend, Graph graph, Tensor x) {
    try (Engine engine = Engine.of(new Builder(backend, BuildOptions.defaults()).build(graph).plan(), backend);
        ExecutionContext context = engine.newContext()) {
      Tensor pinned = context.allocate(x.type());
      pinned.copyFrom(x);
      return context.timedRun(Map.of("x", pinned));
    }
  }

  private static Tensor copy(Tensor tensor) {
    Tensor copy = Tensor.allocate(tensor.type());
    copy.copyFrom(tensor);
    return copy;
  }
}
