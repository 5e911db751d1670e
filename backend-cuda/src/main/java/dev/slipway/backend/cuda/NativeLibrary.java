package dev.slipway.backend.cuda;

import dev.slipway.backend.BackendUnavailableException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;

/**
 * A shared library that is loaded, for the rest of the process: libraries of CUDA cannot be unloaded safely.
 *
 * @param name without {@code lib} and version
 * @param location where it was found and why there
 */
record NativeLibrary(String name, String location, SymbolLookup symbols) {

  /**
   * Loads a library that the system's loader finds by itself.
   *
   * @throws BackendUnavailableException where it does not
   */
  @SuppressWarnings("restricted")
  static NativeLibrary byName(String file) {
    try {
      return new NativeLibrary(file, file + " (system)", load(file, SymbolLookup::libraryLookup));
    } catch (IllegalArgumentException e) {
      throw new BackendUnavailableException(file + ": not found (expected: the NVIDIA driver to be installed)");
    }
  }

  /**
   * Finds and loads a library.
   *
   * @param majors versions that the binding was written for
   * @throws BackendUnavailableException where it is not found, or does not load
   */
  @SuppressWarnings("restricted")
  static NativeLibrary find(String name, List<Integer> majors, LibrarySearch search) {
    Optional<LibrarySearch.Found> found = search.find(name, majors);
    if (found.isEmpty()) {
      throw new BackendUnavailableException("lib" + name + ".so." + majors.getFirst() + ": not found in "
          + search.folders().stream().map(folder -> folder.path().toString()).toList()
          + " (expected: in one of them; -D" + LibrarySearch.FOLDERS_PROPERTY + "=FOLDER:... names others)");
    }
    try {
      SymbolLookup symbols = load(found.get().path(), SymbolLookup::libraryLookup);
      return new NativeLibrary(name, found.get().toString(), symbols);
    } catch (IllegalArgumentException e) {
      throw new BackendUnavailableException(found.get() + ": does not load: " + e.getMessage());
    }
  }

  /** For the rest of the process. */
  private static <T> SymbolLookup load(T library, BiFunction<T, Arena, SymbolLookup> loader) {
    return loader.apply(library, Arena.global());
  }

  /**
   * A function that gives an int.
   *
   * @throws BackendUnavailableException where the library has no such symbol
   */
  NativeFunction function(String symbol, MemoryLayout... arguments) {
    return bind(symbol, FunctionDescriptor.of(ValueLayout.JAVA_INT, arguments));
  }

  /** A function of another type. */
  @SuppressWarnings("restricted")
  NativeFunction bind(String symbol, FunctionDescriptor descriptor) {
    MemorySegment address = symbols.find(symbol).orElseThrow(() -> new BackendUnavailableException(
        location + ": has no function " + symbol + " (expected: a newer version of the library)"));
    return new NativeFunction(symbol, Linker.nativeLinker().downcallHandle(address, descriptor));
  }
}
