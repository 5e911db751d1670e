package dev.slipway.testkit;

import dev.slipway.backend.Artifacts;
import dev.slipway.backend.Backend;
import dev.slipway.backend.Device;
import dev.slipway.backend.DeviceQueue;
import dev.slipway.backend.Peaks;
import dev.slipway.backend.Tactic;
import dev.slipway.graph.Op;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Layout;
import dev.slipway.tensor.TensorType;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.IntConsumer;

/** A backend that does as another does; subclasses say what they do otherwise. Closing it leaves the other open. */
public class ForwardingBackend implements Backend {
  protected final Backend backend;

  protected ForwardingBackend(Backend backend) {
    this.backend = backend;
  }

  @Override
  public String name() {
    return backend.name();
  }

  @Override
  public Device device() {
    return backend.device();
  }

  @Override
  public List<Tactic> tactics() {
    return backend.tactics();
  }

  @Override
  public Optional<Layout> preferredLayout(Op op, List<TensorType> in, List<TensorType> out) {
    return backend.preferredLayout(op, in, out);
  }

  @Override
  public boolean mixesLayouts() {
    return backend.mixesLayouts();
  }

  @Override
  public Set<String> compositeOperators() {
    return backend.compositeOperators();
  }

  @Override
  public Optional<Peaks> measurePeaks() {
    return backend.measurePeaks();
  }

  @Override
  public Optional<Artifacts> artifacts() {
    return backend.artifacts();
  }

  @Override
  public Set<DType> floatTypes() {
    return backend.floatTypes();
  }

  @Override
  public boolean hasTensorFloat32() {
    return backend.hasTensorFloat32();
  }

  @Override
  public Optional<DeviceQueue> newQueue() {
    return backend.newQueue();
  }

  @Override
  public void beginRun() {
    backend.beginRun();
  }

  @Override
  public void endRun() {
    backend.endRun();
  }

  @Override
  public int threads() {
    return backend.threads();
  }

  @Override
  public void runTogether(int count, IntConsumer task) {
    backend.runTogether(count, task);
  }

  @Override
  public void close() {}
}
