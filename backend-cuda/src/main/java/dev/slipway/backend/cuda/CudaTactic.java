package dev.slipway.backend.cuda;

import dev.slipway.backend.Kernel;
import dev.slipway.backend.KernelRequest;
import dev.slipway.backend.PackedConstants;
import dev.slipway.backend.Tactic;
import dev.slipway.backend.TacticId;
import dev.slipway.backend.TuningChoice;

/** What the tactics of this backend share: a device, and code that the device's libraries or compiler made. */
abstract class CudaTactic implements Tactic {
  /** The parameter of choices that round factors of float32. */
  static final String TENSOR_FLOAT = "tf32";

  private final TacticId id;
  protected final CudaDevice device;

  CudaTactic(String name, int revision, CudaDevice device) {
    this.id = new TacticId(name, revision);
    this.device = device;
  }

  @Override
  public final TacticId id() {
    return id;
  }

  @Override
  public final boolean warmsUp() {
    return false;
  }

  @Override
  public abstract Kernel build(KernelRequest request, TuningChoice choice, PackedConstants constants);
}
