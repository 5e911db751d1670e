package dev.slipway.analysis;

import dev.slipway.tensor.DType;
import dev.slipway.tensor.SlipwayException;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodType;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * ONNX Runtime as a peer, out of its jar: Slipway neither ships nor needs it. Its classes are reached by reflection.
 * Thread-safe; sessions are not.
 */
public final class OnnxRuntime {
  /** An environment variable: the jar. */
  public static final String VARIABLE = "SLIPWAY_ONNXRUNTIME_JAR";

  private static final String HOW = "download com.microsoft.onnxruntime:onnxruntime from Maven Central and name its"
      + " jar by --peer-jar FILE or the environment variable " + VARIABLE;
  private static final Map<DType, String> TYPES = Map.of(
      DType.FLOAT32, "FLOAT", DType.FLOAT64, "DOUBLE", DType.FLOAT16, "FLOAT16", DType.BFLOAT16, "BFLOAT16",
      DType.INT8, "INT8", DType.UINT8, "UINT8", DType.INT16, "INT16", DType.INT32, "INT32", DType.INT64, "INT64",
      DType.BOOL, "BOOL");

  private final ClassLoader classes;

  private OnnxRuntime(ClassLoader classes) {
    this.classes = classes;
  }

  /**
   * Out of a jar.
   *
   * @throws SlipwayException where it is not that of ONNX Runtime
   */
  public static OnnxRuntime load(Path jar) {
    if (!Files.isRegularFile(jar)) {
      throw new SlipwayException("ONNX Runtime: no file " + jar + " (expected: its jar; " + HOW + ")");
    }
    try {
      URL[] urls = {jar.toUri().toURL()};
      OnnxRuntime loaded = new OnnxRuntime(new URLClassLoader(urls, OnnxRuntime.class.getClassLoader()));
      loaded.type("OrtEnvironment");
      return loaded;
    } catch (MalformedURLException | SlipwayException e) {
      throw new SlipwayException("ONNX Runtime: " + jar + " has no ai.onnxruntime (expected: its jar; " + HOW + ")", e);
    }
  }

  /**
   * Out of the jar that the environment variable names, or where the class path has it.
   *
   * @throws SlipwayException where there is none; the message says how to add it
   */
  public static OnnxRuntime find() {
    String jar = System.getenv().getOrDefault(VARIABLE, "");
    if (!jar.isEmpty()) {
      return load(Path.of(jar));
    }
    OnnxRuntime onClassPath = new OnnxRuntime(ClassLoader.getSystemClassLoader());
    if (onClassPath.lookUp("OrtEnvironment").isEmpty()) {
      throw new SlipwayException("ONNX Runtime: not found (expected: its jar; " + HOW + ")");
    }
    return onClassPath;
  }

  /** A model that ONNX Runtime runs, with all its optimisations. The caller closes it. */
  public Session open(Path model, int threads) {
    Object environment = call(type("OrtEnvironment"), "getEnvironment");
    Class<?> optionsType = type("OrtSession$SessionOptions");
    try (AutoCloseable options = (AutoCloseable) optionsType.getConstructor().newInstance()) {
      call(options, "setIntraOpNumThreads", threads);
      call(options, "setInterOpNumThreads", 1);
      call(options, "setOptimizationLevel", constant("OrtSession$SessionOptions$OptLevel", "ALL_OPT"));
      call(options, "setSessionLogLevel", constant("OrtLoggingLevel", "ORT_LOGGING_LEVEL_ERROR"));
      return new Session(environment, call(environment, "createSession", model.toString(), options));
    } catch (SlipwayException e) {
      throw e;
    } catch (Exception e) {
      throw new SlipwayException("ONNX Runtime: " + e.getMessage() + " (expected: a session)", e);
    }
  }

  /** The version of the library. */
  public String version() {
    return String.valueOf(call(call(type("OrtEnvironment"), "getEnvironment"), "getVersion"));
  }

  /** A model that ONNX Runtime has loaded. For one thread at a time. */
  public final class Session implements AutoCloseable {
    private final Object environment;
    private final Object session;
    private final Map<String, Object> inputs = new LinkedHashMap<>();
    /** Memory for the outputs, made once. */
    private final Map<String, Object> outputs = new LinkedHashMap<>();

    private Session(Object environment, Object session) {
      this.environment = environment;
      this.session = session;
    }

    /** The inputs of all runs from now on, which are copied; runs once. */
    public void bind(Map<String, Tensor> values) {
      releaseValues();
      values.forEach((name, tensor) -> inputs.put(name, value(name, tensor)));
      outputs().forEach((name, tensor) -> outputs.put(name, value(name, tensor)));
    }

    private Object value(String name, Tensor tensor) {
      String type = TYPES.get(tensor.dtype());
      if (type == null) {
        throw new SlipwayException("ONNX Runtime: " + name + ": " + tensor.type() + " (expected: one of "
            + TYPES.keySet() + ")");
      }
      int bytes = Math.toIntExact(tensor.type().bytes());
      ByteBuffer buffer = ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder());
      MemorySegment.ofBuffer(buffer).copyFrom(tensor.data().asSlice(0, bytes));
      return call(
          type("OnnxTensor"), "createTensor", environment, buffer, tensor.dims(), constant("OnnxJavaType", type));
    }

    /** Runs and forgets the outputs. */
    public void run() {
      release(call(session, "run", inputs, outputs));
    }

    /** Runs; the outputs that are tensors, by name, in memory of their own. */
    public Map<String, Tensor> outputs() {
      Object result = call(session, "run", inputs);
      try {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        for (Object entry : (Iterable<?>) result) {
          Map.Entry<?, ?> output = (Map.Entry<?, ?>) entry;
          if (type("OnnxTensor").isInstance(output.getValue())) {
            tensors.put((String) output.getKey(), tensor(output.getValue()));
          }
        }
        return tensors;
      } finally {
        release(result);
      }
    }

    private Tensor tensor(Object value) {
      Object info = call(value, "getInfo");
      long[] dims = (long[]) call(info, "getShape");
      String type = field(info, "type").toString();
      DType dtype = TYPES.entrySet().stream()
          .filter(entry -> entry.getValue().equals(type))
          .map(Map.Entry::getKey)
          .findFirst()
          .orElseThrow(() -> new SlipwayException("ONNX Runtime: output of type " + type + " (expected: a number)"));
      Tensor tensor = Tensor.allocate(dtype, dims);
      ByteBuffer bytes = (ByteBuffer) call(value, "getByteBuffer");
      tensor.data().copyFrom(MemorySegment.ofBuffer(bytes));
      return tensor;
    }

    private void releaseValues() {
      inputs.values().forEach(OnnxRuntime::release);
      outputs.values().forEach(OnnxRuntime::release);
      inputs.clear();
      outputs.clear();
    }

    @Override
    public void close() {
      releaseValues();
      release(session);
    }
  }

  // ---- reflection

  private static void release(Object resource) {
    call(resource, "close");
  }

  private Optional<Class<?>> lookUp(String name) {
    try {
      return Optional.of(Class.forName("ai.onnxruntime." + name, true, classes));
    } catch (ClassNotFoundException e) {
      return Optional.empty();
    }
  }

  private Class<?> type(String name) {
    return lookUp(name).orElseThrow(() ->
        new SlipwayException("ONNX Runtime: no class " + name + " (expected: version 1.16 or later)"));
  }

  private Object constant(String type, String name) {
    for (Object constant : type(type).getEnumConstants()) {
      if (constant.toString().equals(name) || ((Enum<?>) constant).name().equals(name)) {
        return constant;
      }
    }
    throw new SlipwayException("ONNX Runtime: no " + type + "." + name + " (expected: version 1.16 or later)");
  }

  private static Object field(Object object, String name) {
    try {
      return object.getClass().getField(name).get(object);
    } catch (ReflectiveOperationException e) {
      throw new SlipwayException("ONNX Runtime: no field " + name + " (expected: version 1.16 or later)", e);
    }
  }

  /** Calls the public method of a name that takes these arguments; of a class a static one. */
  private static Object call(Object target, String name, Object... arguments) {
    Class<?> type = target instanceof Class<?> itself ? itself : target.getClass();
    try {
      return method(type, name, arguments).invoke(target instanceof Class<?> ? null : target, arguments);
    } catch (InvocationTargetException e) {
      throw new SlipwayException("ONNX Runtime: " + e.getCause().getMessage(), e.getCause());
    } catch (IllegalAccessException e) {
      throw new SlipwayException("ONNX Runtime: " + name + " cannot be called: " + e.getMessage(), e);
    }
  }

  private static Method method(Class<?> type, String name, Object... arguments) {
    for (Method method : type.getMethods()) {
      if (method.getName().equals(name) && takes(method, arguments)) {
        return method;
      }
    }
    throw new SlipwayException("ONNX Runtime: no method " + name + " of " + type.getSimpleName()
        + " (expected: version 1.16 or later)");
  }

  private static boolean takes(Method method, Object... arguments) {
    List<Class<?>> types = List.of(method.getParameterTypes());
    boolean fits = types.size() == arguments.length;
    for (int i = 0; fits && i < arguments.length; i++) {
      Class<?> boxed = MethodType.methodType(types.get(i)).wrap().returnType();
      fits = boxed.isInstance(arguments[i]);
    }
    return fits;
  }
}
