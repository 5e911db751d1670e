package dev.slipway.runtime;

import dev.slipway.backend.Backend;
import dev.slipway.backend.Kernel;
import dev.slipway.backend.KernelRequest;
import dev.slipway.backend.PackedConstants;
import dev.slipway.backend.Plan;
import dev.slipway.backend.Support;
import dev.slipway.backend.Tactic;
import dev.slipway.backend.TacticId;
import dev.slipway.backend.TuningChoice;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.StringJoiner;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.AtomicReferenceArray;

/** Makes the kernel of a node: by the tactic that the plan names where it serves this shape, else by prediction. */
final class KernelSource {

  /** So few kernels are made without a second thread. */
  private static final int FEW = 8;

  /** A node, and what a kernel shall compute for it; no request where it is to have none. */
  record Wanted(String node, Optional<KernelRequest> request) {}

  /**
   * A kernel and the tactic that made it.
   *
   * @param micros of a run on all threads, measured or predicted
   */
  record Made(TacticId tactic, Kernel kernel, double micros) {}

  private final Backend backend;
  private final Map<String, Plan.Choice> choices;
  private final ConstantMemory constants;

  KernelSource(Backend backend, Map<String, Plan.Choice> choices, ConstantMemory constants) {
    this.backend = backend;
    this.choices = choices;
    this.constants = constants;
  }

  Backend backend() {
    return backend;
  }

  /** A kernel for each, empty where no tactic takes it; made by two threads: in a fresh JVM it takes long. */
  List<Optional<Made>> kernels(List<Wanted> wanted) {
    Making making = new Making(wanted);
    Thread second = Thread.ofPlatform().daemon().name("slipway-kernels").unstarted(making);
    if (wanted.size() > FEW) {
      second.start();
    }
    making.run();
    return making.kernels(second);
  }

  /** Shared by the threads that make kernels. */
  private final class Making implements Runnable {
    private final List<Wanted> wanted;
    private final AtomicInteger next = new AtomicInteger();
    private final AtomicReferenceArray<Optional<Made>> made;
    private final AtomicReference<Throwable> failure = new AtomicReference<>();

    Making(List<Wanted> wanted) {
      this.wanted = wanted;
      this.made = new AtomicReferenceArray<>(wanted.size());
    }

    @Override
    public void run() {
      try {
        for (int i = next.getAndIncrement(); i < wanted.size(); i = next.getAndIncrement()) {
          Wanted one = wanted.get(i);
          made.set(i, one.request().isEmpty() ? Optional.empty() : kernel(one.node(), one.request().get()));
        }
      } catch (RuntimeException | Error e) {
        failure.compareAndSet(null, e);
        next.set(wanted.size());
      }
    }

    List<Optional<Made>> kernels(Thread second) {
      join(second);
      if (failure.get() instanceof RuntimeException e) {
        throw e;
      }
      if (failure.get() instanceof Error e) {
        throw e;
      }
      List<Optional<Made>> kernels = new ArrayList<>(wanted.size());
      for (int i = 0; i < wanted.size(); i++) {
        kernels.add(made.get(i));
      }
      return kernels;
    }

    /** Waits for the thread, interrupted or not: it works on memory that the engine owns. */
    private static void join(Thread thread) {
      boolean interrupted = false;
      while (thread.isAlive()) {
        try {
          thread.join();
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private Optional<Made> kernel(String node, KernelRequest request) {
    PackedConstants packed = constants.of(node);
    Plan.Choice planned = choices.get(node);
    if (planned != null) {
      for (Tactic tactic : backend.tactics()) {
        if (tactic.id().equals(planned.tactic())
            && tactic.supports(request) instanceof Support.Supported(double predicted)) {
          double micros = Double.isNaN(planned.micros()) ? predicted : planned.micros();
          return Optional.of(made(tactic, request, planned.tuning(), packed, micros));
        }
      }
    }
    Tactic best = null;
    double bestMicros = Double.POSITIVE_INFINITY;
    for (Tactic tactic : backend.tactics()) {
      if (tactic.supports(request) instanceof Support.Supported(double micros) && micros < bestMicros) {
        best = tactic;
        bestMicros = micros;
      }
    }
    return best == null
        ? Optional.empty()
        : Optional.of(made(best, request, best.choices(request).getFirst(), packed, bestMicros));
  }

  /** Why no tactic takes a request. */
  String refusal(KernelRequest request) {
    List<Tactic> tactics = backend.tactics();
    StringJoiner reasons = new StringJoiner("; ");
    for (Tactic tactic : tactics) {
      if (tactic.supports(request) instanceof Support.Unsupported(String reason)) {
        reasons.add(tactic.id().name() + ": " + reason);
      }
    }
    return tactics.isEmpty() ? "backend " + backend.name() + " has no kernels" : reasons.toString();
  }

  private static Made made(
      Tactic tactic, KernelRequest request, TuningChoice choice, PackedConstants packed, double micros) {
    return new Made(tactic.id(), tactic.build(request, choice, packed), micros);
  }
}
