/* A plugin that ends the process which loads it, in the way that is chosen when it is built. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

__attribute__((visibility("default"))) const void* agentroom_plugin_entry(void);

const void* agentroom_plugin_entry(void) {
#if defined CRASHES
  abort();
#elif defined EXITS
  puts("noise on stdout");
  exit(0);
#else
  for (;;) pause();
#endif
}
