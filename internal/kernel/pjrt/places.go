package pjrt

// firstFunction is where the table's functions begin, in bytes.
const firstFunction = 40

// Places of functions in the table PJRT_Api.
const (
	fnErrorDestroy                     = 0
	fnErrorMessage                     = 1
	fnErrorGetCode                     = 2
	fnPluginInitialize                 = 3
	fnEventDestroy                     = 5
	fnEventAwait                       = 8
	fnClientCreate                     = 10
	fnClientDestroy                    = 11
	fnClientPlatformName               = 12
	fnClientPlatformVersion            = 14
	fnClientAddressableDevices         = 16
	fnClientCompile                    = 20
	fnClientBufferFromHostBuffer       = 22
	fnDeviceDescriptionKind            = 26
	fnDeviceGetDescription             = 29
	fnDeviceMemoryStats                = 34
	fnExecutableDestroy                = 40
	fnExecutableNumOutputs             = 44
	fnExecutableSerialize              = 49
	fnLoadedExecutableDestroy          = 50
	fnLoadedExecutableGetExecutable    = 51
	fnLoadedExecutableExecute          = 55
	fnExecutableDeserializeAndLoad     = 56
	fnBufferDestroy                    = 58
	fnBufferToHostBuffer               = 70
	fnTopologyDescriptionCreate        = 82
	fnCompile                          = 89
	fnExecutableGetCompiledMemoryStats = 96
)
