// A PJRT plugin for tests. It is the plugin that REAL_PLUGIN names, but for the device's memory: no
// program runs after the first RUNS. With VERSION it is nothing but an interface of that minor
// version. See package internal/kernel/pjrt for the places in the table.
#include <dlfcn.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum { destroy, message, code, execute = 55 }; // places of functions
enum { functions = 5, bytes = 4096 };          // where they begin, and room for all of them

typedef void *function(void *arguments);

static void *table[bytes / sizeof(void *)], **real;
static int runs;
static const char text[] = "the test has no memory left.";

static function *of(int place) { return (function *)real[functions + place]; }

static void *execute_some(void *arguments) {
	return runs-- > 0 ? of(execute)(arguments) : (void *)text;
}

static void *message_of(void **arguments) {
	if (arguments[2] != text)
		return of(message)(arguments);
	arguments[3] = (void *)text;
	arguments[4] = (void *)(sizeof text - 1);
	return NULL;
}

static void *code_of(void **arguments) {
	if (arguments[2] != text)
		return of(code)(arguments);
	*(int *)(arguments + 3) = 8; // RESOURCE_EXHAUSTED
	return NULL;
}

static void *destroy_any(void **arguments) {
	return arguments[2] != text ? of(destroy)(arguments) : NULL;
}

void *GetPjrtApi(void) {
	if (getenv("VERSION")) {
		((int *)table)[9] = atoi(getenv("VERSION"));
		return table;
	}
	function *get = (function *)dlsym(dlopen(getenv("REAL_PLUGIN"), RTLD_NOW), "GetPjrtApi");
	real = get(NULL);
	size_t size = (size_t)real[0];
	memcpy(table, real, size < bytes ? size : bytes);
	runs = atoi(getenv("RUNS"));
	table[functions + execute] = execute_some;
	table[functions + message] = message_of;
	table[functions + code] = code_of;
	table[functions + destroy] = destroy_any;
	return table;
}
