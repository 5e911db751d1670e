package dev.slipway.runtime;

import dev.slipway.backend.KernelRequest;
import dev.slipway.graph.DimVector;
import dev.slipway.graph.Graph;
import dev.slipway.graph.Interpreter;
import dev.slipway.graph.Node;
import dev.slipway.graph.Op;
import dev.slipway.graph.TypeInference;
import dev.slipway.graph.ValueId;
import dev.slipway.tensor.Datum;
import dev.slipway.tensor.Layout;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import dev.slipway.tensor.ValueType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Makes a program of a graph for inputs of known shapes: folds what depends on shapes alone, takes the branches that
 * are decided by that, turns data movement into views where it can, chooses kernels, and plans memory.
 */
final class ProgramCompiler {
  /** Constants above this are left to a step. */
  private static final long LARGEST_FOLDED_BYTES = 1 << 20;

  private final KernelSource kernels;
  private final List<Draft> drafts = new ArrayList<>();
  private final List<Root> roots = new ArrayList<>();
  private int slots;

  private ProgramCompiler(KernelSource kernels) {
    this.kernels = kernels;
  }

  /** A step before memory is planned. */
  private record Draft(
      String name,
      Op op,
      Kind kind,
      Optional<KernelRequest> request,
      List<Optional<Known>> inputs,
      List<Optional<Known>> outputs,
      Root workspace) {

    enum Kind {
      /** By a kernel for the request, where a tactic takes it. */
      COMPUTED,
      /** By reference evaluation, since its shapes depend on data. */
      DYNAMIC,
      COPIED
    }
  }

  static Program compile(Graph graph, List<ValueType> inputs, KernelSource kernels) {
    return new ProgramCompiler(kernels).compile(graph, inputs);
  }

  private Program compile(Graph graph, List<ValueType> inputs) {
    Map<ValueId, Known> known = constants(graph);
    for (int i = 0; i < inputs.size(); i++) {
      known.put(graph.inputs().get(i), input(i, inputs.get(i)));
    }
    emit(graph, known);
    List<Known> outputs = new ArrayList<>();
    for (ValueId id : graph.outputs().values()) {
      outputs.add(known.get(id));
    }
    long[] ownOutputs = claimOutputs(outputs);
    List<Optional<KernelSource.Made>> made = kernels();
    List<Root> workspace = workspaceRoots();
    List<StepGroup> groups = groups(made);
    for (StepGroup group : groups) {
      workspace.forEach(root -> root.keepDuring(group));
    }
    long workspaceBytes = MemoryPlanner.plan(workspace);
    List<Step> steps = new ArrayList<>(drafts.size());
    for (int i = 0; i < drafts.size(); i++) {
      steps.add(step(drafts.get(i), made.get(i)));
    }
    List<Operand> results = new ArrayList<>(outputs.size());
    for (Known output : outputs) {
      results.add(output.operand());
    }
    return new Program(
        List.copyOf(inputs),
        List.copyOf(steps),
        groups,
        List.copyOf(graph.outputs().keySet()),
        List.copyOf(results),
        ownOutputs,
        workspaceBytes,
        liveBytes(workspace),
        slots);
  }

  /** What of the workspace is in use at each step; outputs that no step writes are so behind the last. */
  private long[] liveBytes(List<Root> workspace) {
    long[] live = new long[drafts.size()];
    for (Root root : workspace) {
      for (int step = root.firstStep; step <= Math.min(root.lastStep, live.length - 1); step++) {
        live[step] += root.bytes;
      }
    }
    return live;
  }

  /** The kernel of each draft, where it has one; gives them scratch memory. */
  private List<Optional<KernelSource.Made>> kernels() {
    List<KernelSource.Wanted> wanted = new ArrayList<>();
    for (Draft draft : drafts) {
      wanted.add(new KernelSource.Wanted(draft.name(), draft.request()));
    }
    List<Optional<KernelSource.Made>> made = kernels.kernels(wanted);
    for (int i = 0; i < made.size(); i++) {
      if (made.get(i).isPresent()) {
        drafts.get(i).workspace().bytes = made.get(i).get().kernel().workspaceBytes();
      }
    }
    return made;
  }

  /** Steps that run at the same time; on a device with memory of its own the device's queue orders them. */
  private List<StepGroup> groups(List<Optional<KernelSource.Made>> made) {
    int threads = kernels.backend().threads();
    List<StepGroups.Candidate> candidates = new ArrayList<>();
    for (int i = 0; i < drafts.size(); i++) {
      Draft draft = drafts.get(i);
      List<StepGroups.Access> accesses = new ArrayList<>();
      draft.inputs().forEach(input -> access(input, false).ifPresent(accesses::add));
      draft.outputs().forEach(output -> access(output, true).ifPresent(accesses::add));
      boolean movable =
          made.get(i).isPresent() && accesses.stream().allMatch(access -> access.root().kind == Root.Kind.WORKSPACE);
      double micros = made.get(i).isPresent() ? made.get(i).get().micros() * threads : 0;
      candidates.add(new StepGroups.Candidate(movable, micros, accesses));
    }
    return StepGroups.of(candidates, threads);
  }

  private static Optional<StepGroups.Access> access(Optional<Known> value, boolean writes) {
    if (value.isEmpty() || !(value.get() instanceof Known.Placed placed)) {
      return Optional.empty();
    }
    long from = placed.offset() + placed.root().offsetInRoot();
    return Optional.of(
        new StepGroups.Access(placed.root().resolve(), from, from + placed.type().bytes(), writes));
  }

  private List<Root> workspaceRoots() {
    List<Root> workspace = new ArrayList<>();
    for (Draft draft : drafts) {
      if (draft.workspace().bytes > 0) {
        workspace.add(draft.workspace());
      }
    }
    for (Root root : roots) {
      if (!root.isPart() && root.kind == Root.Kind.WORKSPACE) {
        workspace.add(root);
      }
    }
    return workspace;
  }

  private Known input(int index, ValueType type) {
    if (type instanceof TensorType tensor) {
      return new Known.Placed(tensor, new Root(Root.Kind.INPUT, index, tensor.bytes()), 0, Optional.empty());
    }
    return new Known.Dynamic(type, slots++);
  }

  private static Map<ValueId, Known> constants(Graph graph) {
    Map<ValueId, Known> known = new HashMap<>();
    for (Map.Entry<ValueId, Tensor> constant : graph.constants().entrySet()) {
      known.put(constant.getKey(), new Known.Constant(constant.getValue()));
    }
    return known;
  }

  private void emit(Graph graph, Map<ValueId, Known> known) {
    for (Node node : graph.nodes()) {
      List<Optional<Known>> inputs = new ArrayList<>(node.inputs().size());
      List<TypeInference.Input> typed = new ArrayList<>(node.inputs().size());
      for (ValueId id : node.inputs()) {
        Optional<Known> input = Optional.ofNullable(known.get(id));
        inputs.add(input);
        typed.add(input.isPresent() ? input.get().forInference() : TypeInference.Input.ABSENT);
      }
      if (takeDecidedBranch(node, inputs, known)) {
        continue;
      }
      TypeInference.Result inferred =
          TypeInference.infer(node.name(), node.op(), typed, node.outputs().size());
      List<ValueType> types = new ArrayList<>();
      for (int i = 0; i < node.outputs().size(); i++) {
        types.add(withPlannedLayout(graph, node.output(i), inferred.types().get(i)));
      }
      List<Known> outputs = outputs(node, inputs, types, inferred.dims());
      for (int i = 0; i < outputs.size(); i++) {
        known.put(node.output(i), outputs.get(i));
      }
      known.remove(ValueId.ABSENT);
    }
  }

  /** A branch whose condition follows from shapes becomes part of the program. */
  private boolean takeDecidedBranch(Node node, List<Optional<Known>> inputs, Map<ValueId, Known> known) {
    if (!node.op().schema().qualifiedName().equals("If")
        || !(inputs.getFirst().orElseThrow() instanceof Known.Constant(Tensor condition))) {
      return false;
    }
    Graph branch = node.op().subgraphs().get(condition.getBoolean(0) ? 0 : 1);
    Map<ValueId, Known> inner = constants(branch);
    for (int i = 0; i < branch.inputs().size(); i++) {
      inner.put(branch.inputs().get(i), inputs.get(i + 1).orElseThrow());
    }
    emit(branch, inner);
    List<ValueId> results = List.copyOf(branch.outputs().values());
    for (int i = 0; i < node.outputs().size(); i++) {
      if (node.output(i).isPresent()) {
        known.put(node.output(i), inner.get(results.get(i)));
      }
    }
    return true;
  }

  private static ValueType withPlannedLayout(Graph graph, ValueId id, ValueType type) {
    return id.isPresent() && type instanceof TensorType inferred && graph.type(id) instanceof TensorType planned
        ? inferred.withLayout(planned.layout())
        : type;
  }

  private List<Known> outputs(
      Node node, List<Optional<Known>> inputs, List<ValueType> types, Optional<DimVector> dims) {
    Optional<Known> folded = foldDims(types, dims);
    if (folded.isPresent()) {
      return List.of(folded.get());
    }
    boolean isStatic = areKnownTensors(types) && !isAny(Known.Dynamic.class, inputs);
    if (isStatic && !isAny(Known.Placed.class, inputs)) {
      Optional<List<Known>> constants = fold(node, inputs, types);
      if (constants.isPresent()) {
        return constants.get();
      }
    }
    return isStatic ? staticOutputs(node, inputs, types, dims) : dynamicOutputs(node, inputs, types);
  }

  /** A vector of shape arithmetic that is known in full. */
  private static Optional<Known> foldDims(List<ValueType> types, Optional<DimVector> dims) {
    Optional<long[]> values = dims.isPresent() ? dims.get().known() : Optional.empty();
    if (values.isEmpty() || types.size() != 1 || !(types.getFirst() instanceof TensorType type)) {
      return Optional.empty();
    }
    Tensor tensor = dims.get().scalar()
        ? Tensor.allocate(type.dtype())
        : Tensor.allocate(type.dtype(), values.get().length);
    tensor.set(values.get());
    return Optional.of(new Known.Constant(tensor));
  }

  private static boolean areKnownTensors(List<ValueType> types) {
    for (ValueType type : types) {
      if (!(type instanceof TensorType tensor && tensor.shape().isKnown())) {
        return false;
      }
    }
    return true;
  }

  private static boolean isAny(Class<? extends Known> kind, List<Optional<Known>> values) {
    for (Optional<Known> value : values) {
      if (value.isPresent() && kind.isInstance(value.get())) {
        return true;
      }
    }
    return false;
  }

  private static Optional<List<Known>> fold(Node node, List<Optional<Known>> inputs, List<ValueType> types) {
    long bytes = types.stream().mapToLong(type -> ((TensorType) type).bytes()).sum();
    boolean contiguous = types.stream().allMatch(type -> ((TensorType) type).layout() == Layout.CONTIGUOUS);
    if (!node.op().isDeterministic() || bytes > LARGEST_FOLDED_BYTES || !contiguous) {
      return Optional.empty();
    }
    List<Optional<Datum>> arguments = inputs.stream()
        .map(input -> input.map(value -> (Datum) ((Known.Constant) value).tensor()))
        .toList();
    List<Boolean> wanted = types.stream().map(type -> true).toList();
    List<Known> constants = new ArrayList<>();
    for (Optional<Datum> result : new Interpreter().evaluate(node.name(), node.op(), arguments, wanted)) {
      constants.add(new Known.Constant((Tensor) result.orElseThrow()));
    }
    return Optional.of(constants);
  }

  private List<Known> dynamicOutputs(Node node, List<Optional<Known>> inputs, List<ValueType> types) {
    List<Known> outputs = new ArrayList<>();
    for (ValueType type : types) {
      outputs.add(new Known.Dynamic(type, slots++));
    }
    add(node, Draft.Kind.DYNAMIC, Optional.empty(), inputs, presentOnly(node, outputs));
    return outputs;
  }

  private static List<Optional<Known>> presentOnly(Node node, List<Known> outputs) {
    List<Optional<Known>> present = new ArrayList<>();
    for (int i = 0; i < outputs.size(); i++) {
      present.add(node.output(i).isPresent() ? Optional.of(outputs.get(i)) : Optional.empty());
    }
    return present;
  }

  private List<Known> staticOutputs(
      Node node, List<Optional<Known>> inputs, List<ValueType> types, Optional<DimVector> dims) {
    List<TensorType> tensors = new ArrayList<>(types.size());
    for (ValueType type : types) {
      tensors.add((TensorType) type);
    }
    Optional<List<Known>> views = Views.of(node, inputs, tensors, dims);
    if (views.isPresent()) {
      return views.get();
    }
    List<Known> outputs = new ArrayList<>();
    for (TensorType type : tensors) {
      outputs.add(new Known.Placed(type, newRoot(type.bytes()), 0, dims));
    }
    if (joinsInPlace(node, inputs, tensors)) {
      join(node, inputs, (Known.Placed) outputs.getFirst());
      return outputs;
    }
    KernelRequest request =
        new KernelRequest(node.op(), arguments(inputs), tensors, kernels.backend().device());
    add(node, Draft.Kind.COMPUTED, Optional.of(request), inputs, presentOnly(node, outputs));
    return outputs;
  }

  private static List<KernelRequest.Argument> arguments(List<Optional<Known>> inputs) {
    List<KernelRequest.Argument> arguments = new ArrayList<>(inputs.size());
    for (Optional<Known> input : inputs) {
      arguments.add(input.isPresent() ? input.get().argument() : KernelRequest.Argument.ABSENT);
    }
    return arguments;
  }

  private Root newRoot(long bytes) {
    Root root = new Root(Root.Kind.WORKSPACE, 0, Math.max(bytes, 1));
    roots.add(root);
    return root;
  }

  private static boolean joinsInPlace(Node node, List<Optional<Known>> inputs, List<TensorType> types) {
    if (!node.op().schema().qualifiedName().equals("Concat")
        || isAny(Known.Constant.class, inputs) || isAny(Known.Dynamic.class, inputs)) {
      return false;
    }
    List<TensorType> parts = new ArrayList<>(inputs.size());
    for (Optional<Known> input : inputs) {
      parts.add(((Known.Placed) input.orElseThrow()).type());
    }
    return Views.partsAreAdjacent(types.getFirst(), parts, Views.axis(node, types.getFirst()));
  }

  /** Lets the producers of the parts write into the whole; parts that are elsewhere for good are copied. */
  private void join(Node node, List<Optional<Known>> inputs, Known.Placed whole) {
    long offset = 0;
    for (Optional<Known> input : inputs) {
      Known.Placed part = (Known.Placed) input.orElseThrow();
      long bytes = part.type().bytes();
      Root root = part.root();
      if (root.kind == Root.Kind.WORKSPACE && !root.isPart() && part.offset() == 0 && root.bytes == bytes
          && whole.root() != root) {
        root.becomePartOf(whole.root(), offset);
      } else if (bytes > 0) {
        Known.Placed target = new Known.Placed(part.type(), whole.root(), offset, Optional.empty());
        addCopy(node, part, target);
      }
      offset += bytes;
    }
    whole.root().use(Math.max(drafts.size() - 1, 0));
  }

  private void addCopy(Node node, Known.Placed from, Known.Placed to) {
    from.root().use(drafts.size());
    to.root().use(drafts.size());
    drafts.add(new Draft(
        node.name(),
        node.op(),
        Draft.Kind.COPIED,
        Optional.empty(),
        List.of(Optional.of(from)),
        List.of(Optional.of(to)),
        newScratch()));
  }

  private void add(
      Node node,
      Draft.Kind kind,
      Optional<KernelRequest> request,
      List<Optional<Known>> inputs,
      List<Optional<Known>> outputs) {
    int step = drafts.size();
    for (Optional<Known> value : inputs) {
      use(value, step);
    }
    for (Optional<Known> value : outputs) {
      use(value, step);
    }
    drafts.add(new Draft(node.name(), node.op(), kind, request, inputs, outputs, newScratch()));
  }

  private static void use(Optional<Known> value, int step) {
    if (value.isPresent() && value.get() instanceof Known.Placed placed) {
      placed.root().use(step);
    }
  }

  /** Of the step that is added next; its size is known once there is a kernel. */
  private Root newScratch() {
    Root root = new Root(Root.Kind.WORKSPACE, 0, 0);
    root.use(drafts.size());
    return root;
  }

  /** Gives each output memory of its own where it has a root of its own; the others live to the end of the run. */
  private long[] claimOutputs(List<Known> outputs) {
    long[] own = new long[outputs.size()];
    for (int i = 0; i < own.length; i++) {
      if (!(outputs.get(i) instanceof Known.Placed placed)) {
        continue;
      }
      Root root = placed.root();
      boolean whole = !root.isPart() && placed.offset() == 0 && placed.type().bytes() == root.bytes;
      if (root.kind == Root.Kind.WORKSPACE && whole) {
        root.kind = Root.Kind.OUTPUT;
        root.index = i;
        own[i] = root.bytes;
      } else {
        root.use(drafts.size());
      }
    }
    return own;
  }

  private Step step(Draft draft, Optional<KernelSource.Made> made) {
    List<Operand> inputs = operands(draft.inputs());
    List<Operand> outputs = operands(draft.outputs());
    if (draft.kind() == Draft.Kind.COPIED) {
      return new Step.Copy(draft.name(), (Operand.Memory) inputs.getFirst(), (Operand.Memory) outputs.getFirst());
    }
    if (made.isEmpty()) {
      String reason =
          draft.request().isPresent() ? kernels.refusal(draft.request().get()) : "its shapes depend on data";
      return new Step.Evaluate(draft.name(), draft.op(), reason, inputs, outputs);
    }
    return new Step.Launch(
        draft.name(),
        draft.op(),
        made.get().tactic(),
        made.get().kernel(),
        inputs,
        outputs,
        draft.workspace().workspaceOffset);
  }

  private static List<Operand> operands(List<Optional<Known>> values) {
    List<Operand> operands = new ArrayList<>(values.size());
    for (Optional<Known> value : values) {
      operands.add(value.isPresent() ? value.get().operand() : new Operand.Absent());
    }
    return List.copyOf(operands);
  }
}
