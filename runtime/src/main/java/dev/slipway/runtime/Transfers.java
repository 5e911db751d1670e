package dev.slipway.runtime;

import dev.slipway.tensor.TensorType;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Which values a program copies between the host and a device, so that steps on either side find what they read. */
final class Transfers {
  private final Program program;
  private final List<List<Operand.Memory>> before = new ArrayList<>();
  private final List<List<Operand.Memory>> after = new ArrayList<>();
  private final List<Integer> uploadedInputs = new ArrayList<>();
  private final List<Operand.Memory> downloadedOutputs = new ArrayList<>();

  private Transfers(Program program) {
    this.program = program;
  }

  static Transfers of(Program program) {
    Transfers transfers = new Transfers(program);
    transfers.plan();
    return transfers;
  }

  /** What a step on the host reads and has to be fetched from the device first. */
  List<Operand.Memory> before(int step) {
    return before.get(step);
  }

  /** What a step on the host writes and the device needs. */
  List<Operand.Memory> after(int step) {
    return after.get(step);
  }

  /** Inputs that some step on the device reads. */
  List<Integer> uploadedInputs() {
    return uploadedInputs;
  }

  /** Outputs that the host does not have when all steps have run. */
  List<Operand.Memory> downloadedOutputs() {
    return downloadedOutputs;
  }

  /** A piece of memory, whatever the type of what lies in it. */
  private record Extent(Root.Kind kind, int index, long from, long to) {
    static Extent of(Operand.Memory operand) {
      long from = operand.offset();
      return new Extent(operand.kind(), operand.index(), from, from + operand.type().bytes());
    }

    boolean overlaps(Extent other) {
      return kind == other.kind && index == other.index && from < other.to && other.from < to;
    }

    boolean covers(Extent other) {
      return kind == other.kind && index == other.index && from <= other.from && other.to <= to;
    }
  }

  private void plan() {
    Set<Extent> onHost = new HashSet<>();
    for (int step = 0; step < program.steps().size(); step++) {
      boolean isOnHost = program.steps().get(step) instanceof Step.Evaluate;
      before.add(isOnHost ? fetched(step, onHost) : List.of());
      List<Operand.Memory> written = memory(program.steps().get(step).outputs());
      for (Operand.Memory operand : written) {
        Extent extent = Extent.of(operand);
        onHost.removeIf(extent::overlaps);
        if (isOnHost) {
          onHost.add(extent);
        }
      }
      int own = step;
      after.add(isOnHost ? written.stream().filter(operand -> isNeeded(operand, own)).toList() : List.of());
    }
    for (Operand operand : program.outputs()) {
      stored(operand).filter(memory -> !onHost.contains(Extent.of(memory))).ifPresent(downloadedOutputs::add);
    }
    for (int i = 0; i < program.inputs().size(); i++) {
      if (program.inputs().get(i) instanceof TensorType type
          && isNeeded(new Operand.Memory(type, Root.Kind.INPUT, i, 0), -1)) {
        uploadedInputs.add(i);
      }
    }
  }

  /** The program's inputs are on the host anyway. */
  private List<Operand.Memory> fetched(int step, Set<Extent> onHost) {
    List<Operand.Memory> fetched = new ArrayList<>();
    for (Operand.Memory operand : memory(program.steps().get(step).inputs())) {
      if (operand.kind() != Root.Kind.INPUT && onHost.add(Extent.of(operand))) {
        fetched.add(operand);
      }
    }
    return fetched;
  }

  /** Whether the device must have what the host has written: unless all who use it are steps that find it there. */
  private boolean isNeeded(Operand.Memory operand, int writer) {
    Extent extent = Extent.of(operand);
    boolean isInput = operand.kind() == Root.Kind.INPUT;
    for (int step = writer + 1; step < program.steps().size(); step++) {
      boolean isOnHost = program.steps().get(step) instanceof Step.Evaluate;
      for (Operand.Memory read : memory(program.steps().get(step).inputs())) {
        Extent other = Extent.of(read);
        if (other.overlaps(extent) && !(isOnHost && (isInput || other.equals(extent)))) {
          return true;
        }
      }
      for (Operand.Memory written : memory(program.steps().get(step).outputs())) {
        Extent other = Extent.of(written);
        if (other.covers(extent)) {
          return false;
        }
        if (other.overlaps(extent)) {
          return true;
        }
      }
    }
    return program.outputs().stream()
        .flatMap(output -> stored(output).stream())
        .map(Extent::of)
        .anyMatch(other -> other.overlaps(extent) && !other.equals(extent));
  }

  private static List<Operand.Memory> memory(List<Operand> operands) {
    List<Operand.Memory> memory = new ArrayList<>();
    for (Operand operand : operands) {
      if (operand instanceof Operand.Memory found && found.type().bytes() > 0) {
        memory.add(found);
      }
    }
    return memory;
  }

  private static Optional<Operand.Memory> stored(Operand operand) {
    return operand instanceof Operand.Memory memory && memory.kind() != Root.Kind.INPUT && memory.type().bytes() > 0
        ? Optional.of(memory)
        : Optional.empty();
  }
}
